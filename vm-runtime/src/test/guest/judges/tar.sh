set -e
mkdir tree
cp -a /etc /usr/lib/git-core/mergetools tree/
mkfifo tree/fifo
ln tree/mergetools/vimdiff tree/hard
ln -s nowhere tree/soft
truncate -s 5M tree/sparse
printf x >> tree/sparse
tar -cSf archive.tar tree
tar -df archive.tar
mkdir again
tar -xpf archive.tar -C again
tar -df archive.tar -C again
rm tree/fifo again/tree/fifo
diff -r --no-dereference tree again/tree
(cd tree && find . -printf '%p %y %m %n %U %G %Ts\n' | sort) > one
(cd again/tree && find . -printf '%p %y %m %n %U %G %Ts\n' | sort) > two
# A folder's own time and links are of what was taken out of it and of the file system.
grep -v '^\. ' one | grep -v ' d ' > one.files
grep -v '^\. ' two | grep -v ' d ' > two.files
cmp one.files two.files
grep -c . one.files
rm -r tree again
