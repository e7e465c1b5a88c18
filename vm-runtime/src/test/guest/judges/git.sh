set -e
export HOME=$PWD GIT_CONFIG_NOSYSTEM=1
git config --global user.email judge@example.org
git config --global user.name Judge
git config --global init.defaultBranch main
mkdir tree
cp -r /etc tree/etc
cp -r /usr/lib/git-core/mergetools tree/
find tree -type f | wc -l
(cd tree && git init -q . && git add . && git commit -q -m one)
git clone -q --no-hardlinks tree copy
cd copy
for i in 1 2 3 4 5; do
  echo "line $i" >> etc/passwd
  echo "$i" > "new$i"
  git add -A
  git commit -q -m "change $i"
done
git checkout -q -b side HEAD~2
git mv etc/group etc/crowd
git commit -q -am side
git checkout -q main
git merge -q -m merged side
git status --porcelain
git gc -q --prune=now
git fsck --full --strict
git worktree add -q ../other side
git -C ../other status --porcelain
git log --oneline | wc -l
# Everything that it has is what went in.
git rev-parse HEAD^{tree}
