mkdir work
for stressor in access xattr; do
  stress-ng --$stressor 1 --$stressor-ops 20 --timeout 20 --verify --temp-path "$PWD/work" >&2 || exit 1
done
setfattr -n user.one -v value work && getfattr --only-values -n user.one work >&2
