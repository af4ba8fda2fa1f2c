# Full disks, limits that are met, directories that go away, users and roots that change,
# readers that are killed: the program goes on, no part of a file is left, what could not be
# done is said, and what comes later is done again.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"

ulimit -c 0
library=$tmp/lib
mkdir "$library"
cp -P "$(dirname "$MTALLOC_SO")"/libmtalloc.so* "$library/"
chmod -R a+rX "$library"
chmod 711 "$tmp"
program privacy/obey.c -I"$srcdir" -L"$library" -Wl,-rpath,"$library" -lmtalloc

# tell WANTED WORD …: the program's answer.
tell() {
    local wanted=$1 got
    shift
    echo "$*" >&7
    read -r -t 60 got <&8 || fail "no answer to: $* $(cat "$tmp/err")"
    expect_equal "$wanted" "$got" "$*, $(cat "$tmp/err")"
}
# begin OPTIONS [WORD …]: starts the program, under the words.
begin() {
    local options=$1
    shift
    mkfifo "$tmp/in" "$tmp/answers"
    env -u XDG_RUNTIME_DIR -u RUNTIME_DIRECTORY MTALLOC_OPTIONS="on_error=report,$options" "$@" \
        "$tmp/obey" <"$tmp/in" >"$tmp/answers" 2>"$tmp/err" &
    pid=$!
    end_with_test $pid
    exec 7>"$tmp/in" 8<"$tmp/answers"
    rm "$tmp/in" "$tmp/answers"
    tell 0 pending # it has started
}
finish() {
    exec 7>&- 8<&-
    wait "$pid" || fail "the program ended with status $?: $(cat "$tmp/err")"
}
fresh() { rm -rf "$tmp/files" && mkdir -m 700 "$tmp/files"; }
# files N WHAT: that many, all of them whole.
files() {
    local file
    expect_equal "$1" "$(find "$tmp/files" -type f | wc -l)" "files: $2"
    for file in "$tmp"/files/*; do
        [ ! -e "$file" ] || tail -n 1 "$file" | grep -q '^{"type":"end"' || fail "not whole: $2"
    done
}
said() { expect_match "^mtalloc: (error|warning): $1" "$tmp/err" "what was said"; }

# ---- limits ----

fresh
begin "dir=$tmp/files"
tell 0 file-size 1000
tell -27 dump # EFBIG; SIGXFSZ would have ended it
tell 0 pending
said 'summary-not-written reason="file size limit reached"'
files 0 "under a limit on their size"
tell 0 file-size 100000000
tell 0 dump
files 1 "under a higher limit"
finish

fresh
(ulimit -n 600 && begin "dir=$tmp/files" && tell -24 descriptors && tell -24 dump && tell 0 twice && finish)
said 'summary-not-written reason="no file descriptor left"'
expect_match '^mtalloc: ERROR: double-free ' "$tmp/err" "an error report without descriptors"
files 0 "without descriptors"

fresh
(ulimit -v 600000 && begin "dir=$tmp/files" && tell 0 memory && tell 0 dump && tell 0 twice && tell 0 check && finish)
files 1 "without memory"
expect_match '^mtalloc: ERROR: double-free ' "$tmp/err" "an error report without memory"

# ---- directories ----

fresh
begin "dir=$tmp/files"
tell 0 dump
rm -r "$tmp/files"
tell -13 dump
said 'summary-not-written reason="the directory does not exist"'
[ ! -e "$tmp/files" ] || fail "the directory was made"
fresh
tell -13 dump # another one in its place may be anybody's
files 0 "in a directory that took the place of another"
finish

fresh
mkdir -m 700 "$tmp/elsewhere"
begin "dir=$tmp/files"
mv "$tmp/files" "$tmp/moved"
ln -s "$tmp/elsewhere" "$tmp/files"
tell 0 dump
expect_equal "1 0" "$(find "$tmp/moved" -type f | wc -l) $(find "$tmp/elsewhere" -type f | wc -l)" \
    "files in the directory, and through the link that took its place"
finish
rm -r "$tmp/files" "$tmp/moved"

# The default one is opened for each file.
mkdir -m 700 "$tmp/run"
begin "" XDG_RUNTIME_DIR="$tmp/run"
tell 0 dump
mv "$tmp/run/mtalloc" "$tmp/files"
files 1 "in the default directory"
ln -s "$tmp/elsewhere" "$tmp/run/mtalloc"
finish
begin "" XDG_RUNTIME_DIR="$tmp/run" RUNTIME_DIRECTORY=/nonexistent
echo dump >&7
read -r -t 60 _ <&8
finish
expect_equal 0 "$(find "$tmp/elsewhere" -type f | wc -l)" "files through a link in the default's place"

# A directory's quota, whoever filled it.
fresh
begin "dir=$tmp/files,max_dir_files=3"
tell 0 dump
tell 0 dump
finish
begin "dir=$tmp/files,max_dir_files=3"
tell 0 dump
tell -122 dump
said 'summary-not-written reason="the directory has what max_dir_files'
files 3 "of a quota of three"
rm "$(find "$tmp/files" -type f | head -n 1)"
tell 0 dump
expect_equal 1 "$(tail -qn 100000 "$tmp"/files/*.2.api.* | grep -c '"dumps_suppressed":1,')" \
    "summaries that say that one was suppressed"
finish
fresh
begin "dir=$tmp/files,max_dir_bytes=100K"
for _ in {1..30}; do
    echo dump >&7
    read -r -t 60 _ <&8
done
finish
expect_at_least 1 "$(find "$tmp/files" -type f | wc -l)" "files of a quota of bytes"
[ "$(cat "$tmp"/files/* | wc -c)" -le 102400 ] || fail "more bytes than the quota"
said 'summary-not-written reason="the directory has what max_dir_files or max_dir_bytes'
fresh
begin "dir=$tmp/files,max_dir_bytes=96K"
tell 0 many
tell 0 dump
finish
files 1 "of a quota that is less than a summary"
expect_at_least 40000 "$(cat "$tmp"/files/* | wc -c)" "bytes of it"
[ "$(cat "$tmp"/files/* | wc -c)" -le 98304 ] || fail "more bytes than the quota"
grep -q '"kind":"sites-omitted"' "$tmp"/files/* || fail "what did not fit is not said"

# ---- a reader killed in the middle ----

fresh
begin "dir=$tmp/files"
tell 0 dump
for delay in 0.001 0.002 0.003 0.004 0.006 0.008 0.01 0.015 0.02 0.03; do
    for reader in "dump -o $tmp/read $pid" "top --json -i 0.1 $pid"; do
        # shellcheck disable=SC2086 # words
        "$MTALLOC_CMD" $reader >/dev/null 2>&1 &
        sleep $delay
        kill -KILL $! 2>/dev/null || true
        wait $! 2>/dev/null || true
        [ ! -e "$tmp/read" ] || tail -n 1 "$tmp/read" | grep -q '^{"type":"end"' || fail "a part of a summary"
        rm -f "$tmp/read"
        expect_match '^State:.*[SR] ' "/proc/$pid/status" "the program after its reader was killed"
        expect_match '^TracerPid:.*[^0-9]0$' "/proc/$pid/status" "its tracer"
    done
    tell 0 dump
done
tell 0 check
"$MTALLOC_CMD" dump -o "$tmp/read" "$pid" || fail "a reader after many that were killed"
finish
files 11 "of a program whose readers were killed"

# ---- other roots and users ----

[ "$(id -u)" = 0 ] || skip "the rest needs root: a full disk, chroot, setuid"
fresh
mkdir -p "$tmp/jail"
begin "dir=$tmp/files"
tell 0 chroot "$tmp/jail"
tell 0 dump # the directory was opened before
files 1 "after chroot"
finish
begin "" XDG_RUNTIME_DIR="$tmp/run" RUNTIME_DIRECTORY=
tell 0 chroot "$tmp/jail"
tell -13 dump
said 'summary-not-written reason="the directory does not exist"'
mkdir -p "$tmp/jail/var/tmp"
tell 0 dump
expect_equal "700 1" "$(stat -c %a "$tmp/jail/var/tmp/mtalloc-0") $(find "$tmp/jail" -type f | wc -l)" \
    "the default directory of a new root"
finish

user=$((60000 + RANDOM % 4000))
at_end() { rm -rf "/var/tmp/mtalloc-$user"; }
fresh
chown $user:$user "$tmp/files"
begin "dir=$tmp/files"
said 'directory-unusable reason="the directory belongs to another user"'
tell -13 dump
tell 0 setuid $user
tell 0 dump
files 1 "after setuid"
expect_equal "600 $user" "$(stat -c '%a %u' "$tmp"/files/*)" "their mode and owner"
finish
fresh
begin "dir=$tmp/files"
tell 0 setuid $user
tell -13 dump # the directory is root's
files 0 "in a directory of who the program was"
finish
begin ""
tell 0 setuid $user
tell 0 dump
expect_equal "700 $user" "$(stat -c '%a %u' "/var/tmp/mtalloc-$user")" "the default directory after setuid"
finish

# ---- a full disk ----

# shellcheck disable=SC2016 # the inner shell's
unshare --mount true 2>/dev/null || skip "no mount namespaces here"
cat >"$tmp/full" <<'SH'
mount --make-rprivate / && mount -t tmpfs -o size=64k,mode=700 none "$1/files" || exit 77
MTALLOC_OPTIONS="dir=$1/files" "$1/obey" >"$1/out" 2>"$1/err" < <(
    head -c 65536 /dev/zero >"$1/files/ballast"
    echo dump; sleep 1
    ls -A "$1/files" >"$1/left"
    rm "$1/files/ballast"
    echo dump) || exit 1
tail -qn 1 "$1"/files/*.mtalloc >"$1/last"
SH
status=0
unshare --mount bash "$tmp/full" "$tmp" || status=$?
[ "$status" != 77 ] || skip "cannot mount here"
expect_equal "0 -28 0" "$status $(xargs <"$tmp/out")" "a full disk, then room"
expect_equal ballast "$(cat "$tmp/left")" "what is left on a full disk"
expect_match '^\{"type":"end"' "$tmp/last" "a summary once there was room"
said 'summary-not-written reason="no space left"'
