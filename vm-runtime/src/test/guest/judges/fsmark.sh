fs_mark -d files -n 100 -s 10240 -t 2 -S 1 -k >&2
echo "status $?"
find files -type f -size 10240c | wc -l
