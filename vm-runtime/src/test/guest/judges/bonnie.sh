# Without -f it would write byte by byte, for 16 million calls.
bonnie++ -f -d . -u root -s 16 -r 8 -n 1:4096:0:1 -x 1 -q >&2
echo "status $?"
