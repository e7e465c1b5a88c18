# Each of its file system stressors, as far as it needs nothing but a folder. access and xattr are apart: the tmpfs
# runs no programs and has no attributes of users.
for stressor in chattr chdir chmod chown copy-file dentry dir dirdeep dirmany dnotify dup fallocate fcntl fiemap file-ioctl filename \
  flock fpunch fsize fstat getdent handle hdd inode-flags inotify io iomix lease link locka lockf lockofd mknod open rename symlink \
  sync-file touch utime verity; do
  rm -rf work
  mkdir work
  stress-ng --$stressor 1 --$stressor-ops 20 --timeout 6 --verify --temp-path "$PWD/work" --hdd-bytes 4m --iomix-bytes 2m \
    --fallocate-bytes 4m --dirdeep-bytes 1m > out 2>&1
  echo "$stressor $? $(grep -c 'fail:' out)"
  grep -v 'dispatching\|setting to\|successful run completed\|defaulting' out >&2
done
