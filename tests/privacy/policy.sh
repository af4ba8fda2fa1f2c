# The host's policy: neither environment nor command lowers it; one that others could have
# written is ignored, one that is not understood stops everything; both are said.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"
need unshare mount

m=$MTALLOC_CMD
[ "$(sed -n 's/^MT_POLICY = //p' "$builddir/Makefile")" = /etc/mtalloc.conf ] ||
    skip "configured for another place than /etc/mtalloc.conf"
declare -a how=(-m)
[ "$(id -u)" = 0 ] || how=(-rm)
mkdir "$tmp/etc"
cp /etc/ld.so.* /etc/passwd /etc/group "$tmp/etc/" 2>/dev/null || true
conf=$tmp/etc/mtalloc.conf
program privacy/sealed.c

# under COMMAND …: runs it where /etc is $tmp/etc.
under() {
    # shellcheck disable=SC2016 # the inner shell's
    unshare "${how[@]}" sh -c 'mount --bind "$0" /etc && exec "$@"' "$tmp/etc" "$@"
}
under true 2>/dev/null || skip "cannot mount over /etc"

# policy LINE …
policy() {
    rm -f "$conf"
    printf '%s\n' "$@" >"$conf"
}

# try OPTIONS: the program's files are in $tmp/files, what it says in $tmp/err.
try() {
    rm -rf "$tmp/files"
    mkdir -m 700 "$tmp/files"
    status=0
    under timeout 60 env LD_PRELOAD="$MTALLOC_SO" \
        MTALLOC_OPTIONS="dir=$tmp/files,exit=summary,min_dump_interval=0,$1" \
        "$tmp/sealed" >"$tmp/out" 2>"$tmp/err" || status=$?
}
made() { find "${2:-$tmp/files}" -type f -name "$1" | wc -l; }
# silent WHY WHAT: nothing was written, and it was said.
silent() {
    expect_equal 0 "$(made '*')" "files: $2"
    expect_match "$1" "$tmp/err" "$2"
}

try ""
expect_equal 4 "$(made '*.mtalloc')" "files without a policy"
[ ! -s "$tmp/err" ] || fail "said without a policy: $(cat "$tmp/err")"

# Each line is a floor.
policy '# of this host' '' '  privacy=strict  # always'
try privacy=standard
expect_equal 4 "$(made 'program.*')" "strict files"
expect_equal 4 "$(grep -l '"privacy":"strict"' "$tmp"/files/* | wc -l)" "files at the policy's level"
policy max_dumps=1
try max_dumps=50
expect_equal 2 "$(made '*')" "files of two processes, one each"
policy min_dump_interval=3600000
try min_dump_interval=0
expect_equal 3 "$(made '*')" "files: one by signal in each process, one at the exit"
policy max_dump_bytes=64K
try max_dump_bytes=1G
expect_equal 0 "$(find "$tmp/files" -size +64k | wc -l)" "files above the policy's bytes"
expect_equal 4 "$(made '*')" "files below it"
policy control=none
program outside/controlled.c
# shellcheck disable=SC2016 # the inner shell's
under sh -c 'echo $$ >"$0.pid"; exec env LD_PRELOAD="$1" "$0" sleep full' "$tmp/controlled" "$MTALLOC_SO" >"$tmp/said" &
wait_for 20 grep -q ready "$tmp/said" || fail "controlled did not start"
controlled=$(cat "$tmp/controlled.pid")
end_with_test "$controlled"
expect_equal "-1 ready" "$(xargs <"$tmp/said")" "mtalloc_set_option() under control=none"
expect_status 6 "$m" check-heap "$controlled"
expect_match 'policy forbids it' "$tmp/err" "check-heap under control=none"
expect_status 6 "$m" set "$controlled" stack=off
expect_match 'policy forbids it' "$tmp/err" "set under control=none"
kill -KILL "$controlled"
policy max_dir_files=2
try max_dir_files=0
expect_equal 2 "$(made '*')" "files in a directory with the policy's quota"
policy max_dir_bytes=64K
try max_dir_bytes=1G
expect_equal 1 "$(made '*')" "files in a directory with the policy's quota of bytes"
policy signal=none
try signal=USR1
expect_equal 138 "$status" "status: SIGUSR1 is not taken"
mkdir -m 700 "$tmp/hosts"
policy "dir=$tmp/hosts"
try ""
expect_equal "0 4" "$(made '*') $(made '*' "$tmp/hosts")" "files in the option's and the policy's directory"

# mtalloc_dump_to() has no more freedom than the options.
program api/dump_to.c -L"$builddir" -Wl,-rpath,"$builddir" -lmtalloc
# to WANTED PATH …
to() {
    expect_equal "$1" "$(under env MTALLOC_OPTIONS=log=none "$tmp/dump_to" "${@:2}" | xargs)" "dump_to ${*:2}"
}
to "0 -1" "$tmp/hosts/own" "$tmp/files/own"
policy require_encryption=1
to -95 "$tmp/files/own"
policy privacy=strict max_dumps=1
to "0 -11" "$tmp/files/one" "$tmp/files/two"
expect_match '"privacy":"strict"' "$tmp/files/one" "dump_to under a strict policy"
expect_equal 1 "$(made '*')" "files that a path was given for"

# Encryption.
policy require_encryption=1
try ""
silent 'policy requires it, and there is no recipient' "no recipient"
try "recorder=$tmp/files/recording"
silent 'recorder-refused reason="the host.s policy requires encryption' "a recorder"
public=
if [ -e "$(dirname "$MTALLOC_SO")/libmtalloc-seal.so.0" ]; then
    public=$("$m" keygen -o "$tmp/key")
    other=$("$m" keygen -o "$tmp/other")
    try "recipient=$public"
    expect_equal "4 4" "$(made '*') $(made '*.sealed')" "sealed files"
    policy require_encryption=yes "recipient=$public"
    try "recipient=$other"
    expect_equal 4 "$(made '*.sealed')" "files sealed for the policy's recipient"
    for file in "$tmp"/files/*; do
        "$m" decrypt "$file" -k "$tmp/key" >/dev/null || fail "$file is not for the policy's recipient"
    done
fi

# The command.
run() { under "$m" "$@" >"$tmp/out" 2>"$tmp/err"; }
policy require_encryption=1
status=0
run run -o "$tmp/ran" -- true || status=$?
expect_equal 125 "$status" "status of run"
expect_match 'requires encryption' "$tmp/err" "run"
[ ! -e "$tmp/ran" ] || fail "run kept a summary"
LD_PRELOAD=$MTALLOC_SO sleep 60 &
sleeper=$!
end_with_test $sleeper
wait_for 20 "$m" dump $sleeper -o "$tmp/before" || fail "no summary from outside"
status=0
run dump $sleeper -o "$tmp/dumped" || status=$?
expect_equal 1 "$status" "status of dump"
expect_match 'requires encryption: name a --recipient' "$tmp/err" "dump"
[ ! -e "$tmp/dumped" ] || fail "dump wrote a plain summary"
if [ -n "$public" ]; then
    run dump $sleeper -r "$other" -o "$tmp/dumped"
    "$m" decrypt "$tmp/dumped" -k "$tmp/other" >"$tmp/plain"
    policy "recipient=$public"
    run dump $sleeper -r "$other" -o "$tmp/dumped"
    "$m" decrypt "$tmp/dumped" -k "$tmp/key" >"$tmp/plain" || fail "dump: not for the policy's recipient"
fi
policy privacy=strict
run dump $sleeper -o "$tmp/dumped"
expect_match '"privacy":"strict"' "$tmp/dumped" "level of dump"
expect_no_match 'sleep' "$tmp/dumped" "names from dump"

# Not the host's: ignored, and said.
policy require_encryption=1
chmod 666 "$conf"
try ""
expect_equal 4 "$(made '*.mtalloc')" "files under a policy that all may write"
expect_match 'policy-problem file=/etc/mtalloc.conf problem="is ignored: it must be root' "$tmp/err" "writable by all"
chmod 664 "$conf"
try ""
expect_equal 4 "$(made '*.mtalloc')" "files under a policy that the group may write"
rm "$conf"
mkdir "$conf"
try ""
expect_match 'is ignored' "$tmp/err" "a directory"
rmdir "$conf"
if [ "$(id -u)" = 0 ]; then
    policy require_encryption=1
    chown 12345 "$conf"
    try ""
    expect_equal 4 "$(made '*.mtalloc')" "files under another user's policy"
fi

# Not understood: nothing is written.
for line in require_encription=1 require_encryption=maybe privacy=standart signal=USR1 control=all max_dumps=-1 \
    privacy 'max_dumps=1,privacy=strict' "recipient=123" "quarantine=off" "dir=$(printf 'x%.0s' {1..300})"; do
    policy "$line"
    status=0
    try "signal=USR1"
    silent 'policy-problem file=/etc/mtalloc.conf problem="has a line that is not understood' "$line"
    under env LD_PRELOAD="$MTALLOC_SO" MTALLOC_OPTIONS="dir=$tmp/files,exit=summary" true 2>"$tmp/err"
    silent 'policy-problem file=/etc/mtalloc.conf problem="has a line that is not understood' "at the exit: $line"
    under env LD_PRELOAD="$MTALLOC_SO" MTALLOC_OPTIONS="recorder=$tmp/files/recording" true 2>"$tmp/err"
    silent 'recorder-refused ' "a recorder: $line"
    ! run dump $sleeper -o "$tmp/none" || fail "dump under: $line"
    [ ! -e "$tmp/none" ] || fail "a file was made under: $line"
done
printf 'max_dumps=1\0\nrequire_encryption=1\n' >"$conf"
try ""
silent 'not understood' "a NUL"
{ printf '#%.0s' {1..20000}; echo; echo require_encryption=1; } >"$conf"
try ""
silent 'too long' "a long policy"
# What would be a floor below the option is no floor.
policy privacy=standard max_dumps=1000 min_dump_interval=0
try privacy=strict,max_dumps=1
expect_equal 2 "$(made 'program.*')" "files by the options"
