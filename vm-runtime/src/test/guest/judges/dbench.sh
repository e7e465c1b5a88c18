dbench -D . -t 5 -c /usr/share/dbench/client.txt 2 > out
echo "status $?"
tail -40 out >&2
echo "errors $(grep -c 'ERROR\|failed to open\|No such file' out)"
