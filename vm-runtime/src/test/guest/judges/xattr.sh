mkdir work
stress-ng --xattr 1 --xattr-ops 20 --timeout 20 --verify --temp-path "$PWD/work" >&2 || exit 1
setfattr -n user.one -v value work && getfattr --only-values -n user.one work >&2
