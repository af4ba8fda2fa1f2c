# `mtalloc dump`: a running process from outside, a recording, and what is neither.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/cli/lib.sh"

m=$MTALLOC_CMD
helper sample.c -fno-builtin
cd "$tmp"
leak='^ +9\.8K +10 +9\.8K +9\.8K +10 +0%  keep  sample\.c:[0-9]+$'

# start OPTIONS HOW: the sample in the background, its PID in $pid.
start() {
    rm -f ready
    env LD_PRELOAD="$MTALLOC_SO" MTALLOC_OPTIONS="$1" ./sample "$2" >ready &
    pid=$!
    end_with_test $pid
    wait_for 20 grep -q ready ready || fail "the sample did not start"
}

start "" wait
expect_status 0 "$m" dump "$pid"
expect_equal "sample.$pid.mtalloc" "$(cat "$tmp/out")" "the name it prints"
expect_equal 600 "$(stat -c %a "sample.$pid.mtalloc")" "mode of the summary"
expect_status 0 "$m" report "sample.$pid.mtalloc"
expect_match "^sample  pid $pid, running after" "$tmp/out" "the process"
expect_match "$leak" "$tmp/out" "where its memory is"
expect_status 0 "$m" dump "$pid"
expect_equal "sample.$pid.2.mtalloc" "$(cat "$tmp/out")" "the next name"
expect_status 0 "$m" dump "$pid" -o named
expect_status 0 "$m" dump -o - "$pid"
expect_equal '"type":"end"' "$(tail -n 1 "$tmp/out" | grep -o '"type":"end"')" "on stdout"
refused 1 'cannot write absent/x: No such file' "$m" dump "$pid" -o absent/x
status=0
"$m" dump "$pid" -o - >/dev/full 2>"$tmp/err" || status=$?
expect_equal 1 "$status" "status when stdout is full"
one_line "$tmp/err" "stdout is full"

# It may be stopped, and is not woken.
kill -STOP "$pid"
for ((i = 0; i < 200; i++)); do
    [ "$(sed 's/.*) \(.\) .*/\1/' "/proc/$pid/stat")" != T ] || break
    sleep 0.05
done
expect_status 0 "$m" dump "$pid" -o stopped
expect_equal T "$(sed 's/.*) \(.\) .*/\1/' "/proc/$pid/stat")" "state of the process"
kill -KILL "$pid"
wait "$pid" 2>/dev/null || true
refused 5 "cannot dump process $pid: no such process" "$m" dump "$pid"

sleep 60 &
end_with_test $!
refused 5 'runs without libmtalloc' "$m" dump $!
start off wait
refused 5 'cannot dump process' "$m" dump "$pid"

# A recording, while its process runs and after that was killed.
start recorder="$tmp/recording" wait
expect_status 0 "$m" dump --from recording -o live
expect_status 0 "$m" report live
expect_match ', running after' "$tmp/out" "a recording of a process that runs"
expect_status 0 "$m" report recording
expect_match ', running after' "$tmp/out" "the recording itself, while it runs"
expect_status 0 "$m" report - <recording
expect_match ', running after' "$tmp/out" "the recording on standard input"
refused 3 'is a recording: mtalloc dump --from' "$m" report - < <(cat recording)
kill -KILL "$pid"
wait "$pid" 2>/dev/null || true
expect_status 0 "$m" dump --from recording -o dead
expect_status 0 "$m" report dead
expect_match "^sample  pid $pid, ended without running its destructors\$" "$tmp/out" \
    "a recording of a process that was killed"
expect_match "$leak" "$tmp/out" "what a recording kept"
cp "$tmp/out" said
expect_status 0 "$m" report recording
cmp said "$tmp/out" || fail "the report of a recording is not that of its summary"

# Into a descriptor, which stays the program's.
: >handed
start recorder=fd:9 wait 9<>handed
expect_equal "$tmp/handed" "$(readlink "/proc/$pid/fd/9")" "the program's descriptor"
kill -KILL "$pid"
wait "$pid" 2>/dev/null || true
expect_status 0 "$m" dump --from handed -o dead
expect_status 0 "$m" report dead
expect_match "$leak" "$tmp/out" "what was recorded into a descriptor"
env LD_PRELOAD="$MTALLOC_SO" MTALLOC_OPTIONS="recorder=fd:99" /bin/true 2>"$tmp/err"
expect_match '^mtalloc: warning: recorder-unusable reason="no such descriptor"$' "$tmp/err" "a descriptor that is closed"
cp sample copy
env LD_PRELOAD="$MTALLOC_SO" MTALLOC_OPTIONS="recorder=fd:9" /bin/true 9>out.txt 2>"$tmp/err"
expect_equal 0 "$(stat -c %s out.txt)" "bytes in what a shell redirects to"
expect_match 'not open for reading and writing' "$tmp/err" "what a shell redirects to"
env LD_PRELOAD="$MTALLOC_SO" MTALLOC_OPTIONS="recorder=fd:9" /bin/true 2>"$tmp/err" 9<>copy
expect_match 'the file is no recording' "$tmp/err" "another file's descriptor"

refused 3 'cannot dump absent: No such file' "$m" dump --from absent
refused 3 'cannot dump .: ' "$m" dump --from .
refused 3 'not a recording' "$m" dump --from sample
: >empty
refused 3 'cannot dump empty: ' "$m" dump --from empty
head -c 20000 recording >short
refused 3 'cannot dump short: ' "$m" dump --from short
printf '\377\377\377\377' | dd of=recording bs=1 seek=8 conv=notrunc status=none
refused 3 'cannot dump recording: ' "$m" dump --from recording

# Where reading is refused a signal goes only to a process that handles it.
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
    as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs)
    "${as_nobody[@]}" "$m" --version >/dev/null 2>&1 || skip "nobody may not run the command"
    mkdir -m 700 theirs
    chown 65534:65534 theirs
    chmod 711 "$tmp"
    rm -f ready
    "${as_nobody[@]}" env LD_PRELOAD="$MTALLOC_SO" MTALLOC_OPTIONS="dir=$tmp/theirs" \
        ./sample undumpable >ready &
    end_with_test $!
    wait_for 20 grep -q ready ready || fail "the sample did not start"
    expect_status 0 "${as_nobody[@]}" "$m" dump $! -o theirs/x
    expect_match 'may not be read, so it was asked by SIGUSR1' "$tmp/err" "asking by signal"
    wait_for 20 compgen -G 'theirs/*.signal.*.mtalloc' || fail "the process did not answer"

    # Its file's name, where it goes by default.
    rm -f ready
    "${as_nobody[@]}" env LD_PRELOAD="$MTALLOC_SO" XDG_RUNTIME_DIR="$tmp/theirs" \
        ./sample undumpable >ready &
    end_with_test $!
    wait_for 20 grep -q ready ready || fail "the sample did not start"
    expect_status 0 "${as_nobody[@]}" env XDG_RUNTIME_DIR="$tmp/theirs" "$m" dump $!
    expect_equal "$(find theirs/mtalloc -name '*.mtalloc')" "theirs/mtalloc/$(basename "$(cat "$tmp/out")")" \
        "the file's name"
    expect_match '"type":"end"' "$(cat "$tmp/out")" "the summary that was asked for"

    # Others' files, and names that the library does not give, are not taken for it.
    pid=$!
    kill -STOP "$pid"
    name=theirs/mtalloc/sample.$pid.1.signal.x.mtalloc
    # none WHAT FILE: of the files, a newer one.
    none() {
        touch -h -d '+1 hour' "$2"
        expect_status 0 "${as_nobody[@]}" env XDG_RUNTIME_DIR="$tmp/theirs" "$m" dump "$pid"
        expect_equal "" "$(cat "$tmp/out")" "$1"
        rm "$2"
    }
    : >"$name"
    none "another user's file" "$name"
    install -o 65534 -g 65534 -m 622 /dev/null "$name"
    none "a file that others may write to" "$name"
    install -o 65534 -g 65534 -m 600 /dev/null "$name"$'\e'
    none "an escape sequence" "$name"$'\e'
    chmod 777 theirs/mtalloc
    install -o 65534 -g 65534 -m 600 /dev/null "$name"
    none "a directory that others may write to" "$name"
    chmod 700 theirs/mtalloc
    mv theirs/mtalloc theirs/real
    ln -s real theirs/mtalloc
    install -o 65534 -g 65534 -m 600 /dev/null "$name"
    none "a link to a directory" "$name"
    refused 6 'no permission to read its memory, and .*: it does not handle SIGUSR1' \
        "${as_nobody[@]}" "$m" dump 1
fi
