# git: init, commits, clone, repack, gc, fsck, log; many short processes, pack threads.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/apps/lib.sh"
need git

cat >"$tmp/work.sh" <<'END_SH'
set -e
export GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_DATE="2001-01-01 00:00:00 +0000"
export GIT_COMMITTER_DATE=$GIT_AUTHOR_DATE
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=c GIT_COMMITTER_EMAIL=c@d
git -c init.defaultBranch=main init -q one
cd one
for i in 1 2 3 4 5 6; do
    mkdir -p "d$i"
    seq $((i * 1000)) $((i * 3000)) >"d$i/numbers"
    seq 1 $((i * 7)) >>shared
    git add -A
    git commit -q -m "commit $i"
done
git checkout -q -b side HEAD~3
echo side >side
git add side
git commit -q -m side
git checkout -q main
git merge -q -m merge side
git log --graph --stat --format=%H%n%s
git clone -q --no-local . ../two 2>&1
cd ../two
git -c pack.threads=2 repack -q -a -d -f
git gc -q
git fsck --full --strict
git count-objects -v
git rev-parse HEAD
git diff HEAD~2 | sha256sum
git no-such-command 2>&1 || exit 9
END_SH
# Packs and indices hold times; that they are sound is fsck's to say.
also_written=(-name index -o -name '*.pack' -o -name '*.idx' -o -name '*.rev')
same git git 400 bash "$tmp/work.sh"
