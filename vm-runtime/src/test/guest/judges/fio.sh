# Every engine writes what it reads back and verifies, by pages and by odd sizes, through mappings, one after another and at once.
cat > jobs <<'J'
[global]
directory=.
size=2m
bs=4k
verify=crc32c
verify_fatal=1
do_verify=1
group_reporting=1
ioengine=psync
stonewall
[sequential]
rw=write
bs=64k
[random]
rw=randwrite
ioengine=sync
[mixed]
rw=randrw
fsync=32
[mapped]
rw=randwrite
ioengine=mmap
[vectors]
rw=randwrite
ioengine=pvsync2
bsrange=1k-16k
[asynchronous]
rw=randwrite
ioengine=libaio
iodepth=8
[allocated]
rw=write
fallocate=keep
end_fsync=1
[threads]
rw=randwrite
numjobs=3
thread
J
fio --minimal jobs > out || { cat out >&2; exit 1; }
cut -d ';' -f 3,5 out
rm -- *.0
# What one process has written another one verifies, with nothing left in the cache.
common="--name=kept --size=4m --rw=randwrite --verify=sha256 --minimal"
fio $common --do_verify=0 >&2
echo "written $?"
echo 3 > /proc/sys/vm/drop_caches
fio $common --verify_only=1 >&2
echo "verified $?"
