# `mtalloc dump PID` on a process that sleeps, runs, is stopped, or hangs: the totals are
# the program's own, and the process goes on as before.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"

program outside/steady.c

# start MODE: sets $pid.
start() {
    rm -f "$tmp/out" # what the last one said must not pass for this one's word
    env LD_PRELOAD="$MTALLOC_SO" ${options:+MTALLOC_OPTIONS="$options"} \
        "$tmp/steady" "$1" >"$tmp/out" 2>"$tmp/err" &
    pid=$!
    end_with_test $pid
    wait_for 20 test -s "$tmp/out" || fail "steady $1 did not start"
}

finish() {
    kill -KILL "$pid"
    wait "$pid" 2>/dev/null || true
}

state() { sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$pid/status"; }

# examine WHAT: dumps it and compares.
examine() {
    rm -f "$tmp/dump.mtalloc"
    timeout 60 "$MTALLOC_CMD" dump -o "$tmp/dump.mtalloc" "$pid" >"$tmp/said" 2>&1 ||
        { cat "$tmp/said" >&2; fail "dump of a $1 process: status $?"; }
    summary check --still "$tmp/dump.mtalloc"
    expect_equal outside "$(summary get "$tmp/dump.mtalloc" header.reason)" "reason"
    expect_equal running "$(summary get "$tmp/dump.mtalloc" header.state)" "state"
    expect_equal "$pid" "$(summary get "$tmp/dump.mtalloc" header.pid)" "pid"
    expect_equal "$(cat "$tmp/out")" \
        "$(summary function "$tmp/dump.mtalloc" "$tmp/steady" make_block)" "a $1 process"
    expect_equal 600 "$(stat -c %a "$tmp/dump.mtalloc")" "mode of the file"
    kill -0 "$pid" || fail "the $1 process is gone"
    [ ! -s "$tmp/err" ] || fail "the $1 process said something"
}

options=
start sleep
examine sleeping
examine sleeping
kill -STOP "$pid"
wait_for 10 eval '[ "$(state)" = T ]' || fail "not stopped"
examine stopped
expect_equal T "$(state)" "state of the stopped process afterwards"
kill -CONT "$pid"
examine continued
finish

start spin
examine spinning
finish
start hang
examine hanging
finish

# It needs no signal, and no directory that could be written.
options="signal=none,dir=/nonexistent,log=none"
start sleep
examine "signal-less"
finish

# Without the library, and without a process.
"$tmp/steady" sleep >"$tmp/out" &
pid=$!
end_with_test $pid
wait_for 20 test -s "$tmp/out"
expect_status 5 "$MTALLOC_CMD" dump -o "$tmp/none" "$pid"
expect_equal 1 "$(wc -l <"$tmp/err")" "lines about a process without the library"
finish
expect_status 5 "$MTALLOC_CMD" dump -o "$tmp/none" "$pid"
expect_equal 1 "$(wc -l <"$tmp/err")" "lines about a process that is gone"
[ ! -e "$tmp/none" ] || fail "a file without a summary"
