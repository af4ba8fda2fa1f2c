# Requests to a process from outside: mtalloc check-heap, mtalloc set, and who refuses them.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"

m=$MTALLOC_CMD
program outside/controlled.c
# No other process has this name.
program=$tmp/controlled$$
mv "$tmp/controlled" "$program"
mkdir -m 700 "$tmp/dir"

# start OPTIONS HOW [ARGUMENT …]: in the background, in $pid; words into $tmp/said.
start() {
    local options=$1
    shift
    rm -f "$tmp"/said "$tmp"/dir/*
    env LD_PRELOAD="$MTALLOC_SO" MTALLOC_OPTIONS="dir=$tmp/dir,$options" \
        "$program" "$@" >"$tmp/said" 2>"$tmp/log" &
    pid=$!
    end_with_test $pid
    wait_for 20 grep -q ready "$tmp/said" || fail "controlled $* did not start: $(cat "$tmp/log")"
}
# stop: it must still be there.
stop() {
    kill -TERM "$pid" 2>/dev/null || fail "the process is gone"
    status=0
    wait "$pid" || status=$?
    expect_equal 0 "$status" "status of the process"
}
end() {
    kill -KILL "$pid"
    wait "$pid" 2>/dev/null || true
}
# refused STATUS REGEX COMMAND …: one line on stderr that matches.
refused() {
    local wanted=$2
    expect_status "$1" "${@:3}"
    expect_equal 1 "$(wc -l <"$tmp/err")" "lines of: ${*:3}"
    expect_match "$wanted" "$tmp/err" "${*:3}"
}
event_kinds() { summary get "$1" event.kind | xargs; }

# ---- check-heap ----

for how in sleep busy hang; do
    # The freed blocks' part waits for somebody who allocates.
    start quarantine=off "$how"
    expect_status 0 "$m" check-heap "$pid"
    expect_match "^process $pid: no damaged blocks; 1,00[0-9] live blocks in [0-9.]+[KM] of heap looked at\$" \
        "$tmp/out" "a sound heap, $how"
    stop
    start quarantine=off "$how" damage
    expect_status 81 "$m" check-heap "$(basename "$program")"
    expect_match "^process $pid: 1 damaged block; " "$tmp/out" "a damaged heap, $how"
    expect_status 81 "$m" check-heap "$pid"
    expect_equal 1 "$(grep -c 'ERROR: heap-buffer-overflow-write size=100 offset=100 .*found by the heap check' "$tmp/log")" \
        "reports of it"
    stop
done

# Again and again while four threads allocate, reallocate and free: nothing is found that is
# not there. CONTROL_CHECKS=3000 for more.
start "" busy
for ((i = 0; i < ${CONTROL_CHECKS:-50}; i++)); do
    expect_status 0 "$m" check-heap "$pid"
done
stop
[ ! -s "$tmp/log" ] || fail "said by a sound program: $(cat "$tmp/log")"

# The handler's stack is as small as the kernel's own frame and 1 KiB allow.
start "" slow small damage
expect_status 81 "$m" check-heap "$pid"
expect_status 0 "$m" set "$pid" stack=off
end

# Whatever on_error says, who asks gets an answer and the process goes on.
start on_error=abort,quarantine=all slow damage stale
expect_status 81 "$m" check-heap "$pid"
expect_match "^process $pid: 2 damaged blocks; " "$tmp/out" "a damaged block and a stale one"
expect_equal 1 "$(grep -c 'ERROR: write-after-free size=100 offset=3' "$tmp/log")" "reports of the stale one"
stop
start quarantine=all hang stale
refused 4 'quarantine were not verified' "$m" check-heap -t 1 "$pid"
end

# What is found when who asked has gone is told to who asks next.
start quarantine=all late stale
refused 4 'quarantine were not verified' "$m" check-heap -t 1 "$pid"
kill -USR2 "$pid"
wait_for 20 grep -q 'ERROR: write-after-free' "$tmp/log" || fail "the stale block was not found"
for i in 1 2; do
    expect_status 81 "$m" check-heap "$pid"
    expect_match "^process $pid: 1 damaged block; " "$tmp/out" "a block found before, check $i"
done
expect_equal 1 "$(grep -c ERROR: "$tmp/log")" "reports of it"
stop

# In parts of a millisecond it finds what it finds in one.
start max_pause_ms=60000,quarantine=off sleep size 200000
expect_status 0 "$m" check-heap "$pid"
whole=$(sed 's/.*: //; s/ in .*//' "$tmp/out")
stop
start max_pause_ms=1,quarantine=off sleep size 200000 damage
expect_status 81 "$m" check-heap "$pid"
expect_equal "1 damaged block; ${whole#*; }" "$(sed -n '1s/.*: //; 1s/ in .*//p' "$tmp/out")" "a check in parts"
# Where it stops answering, what was found until then is said.
program outside/once.c -shared -fPIC
start max_pause_ms=1,quarantine=off sleep size 200000 ruin
once() { LD_PRELOAD=$tmp/once "$m" "$@"; }
expect_status 81 once check-heap "$pid"
expect_match "^process $pid: [0-9]+ damaged blocks?; " "$tmp/out" "a check that ended early"
expect_equal 1 "$(wc -l <"$tmp/err")" "lines said"
expect_match 'not all of the heap was looked at: no answer' "$tmp/err" "a check that ended early"
stop
start max_pause_ms=1,quarantine=off sleep size 200000
refused 4 'not all of the heap was looked at: ' once check-heap -t 1 "$pid"
stop

# ---- set ----

# Dormant, then armed: what was allocated before has no place, what comes then has.
start stack=off,quarantine=off sleep
expect_status 0 "$m" set "$pid" stack=full
expect_equal "process $pid: stack=full, was off" "$(cat "$tmp/out")" "set"
expect_status 0 "$m" set "$pid" stack=full
expect_status 0 "$m" dump -o "$tmp/dump" "$pid"
summary check --still "$tmp/dump"
expect_equal "full stack-off stack-full" \
    "$(summary get "$tmp/dump" header.stack) $(event_kinds "$tmp/dump")" "what was on when"
expect_equal 0 "$(summary get "$tmp/dump" event.at_ms | head -n 1)" "when off began"
expect_status 0 "$m" report "$tmp/dump"
expect_match '^stack=off from 0.00 s on$' "$tmp/out" "the report"
expect_match '^stack=full from [0-9.]+ s on$' "$tmp/out" "the report"
refused 1 'sampled mixes only with off, it has full' "$m" set "$pid" stack=sampled
expect_status 0 "$m" set "$pid" stack=off
refused 1 'sampled mixes only with off, and it was something else' "$m" set "$pid" stack=sampled
end
start stack=off,sample=1K hang
expect_status 0 "$m" set "$pid" stack=sampled
refused 1 'sampled mixes only with off' "$m" set "$pid" stack=full
expect_status 0 "$m" set "$pid" stack=off
expect_status 0 "$m" dump -o "$tmp/dump" "$pid"
expect_equal "off 1024 stack-off stack-sampled stack-off" \
    "$(summary get "$tmp/dump" header.stack) $(summary get "$tmp/dump" header.sample) $(event_kinds "$tmp/dump")" \
    "a sampled time"
end

# By the program itself; a block keeps the place that it was allocated in.
start stack=off,exit=summary sleep caller full off nonsense sampled
expect_equal "0 0 0 -22 -22 ready" "$(xargs <"$tmp/said")" "mtalloc_set_option()"
stop
file=$(only_file "$tmp/dir" '*.mtalloc')
summary check --still "$file"
expect_equal "2 2 0 0" "$(summary function "$file" "$program" make_block)" \
    "of five blocks, the one under caller and the one under full"

# A child that counts for itself has what was on when it began.
start "recorder=$memory/parents,stack=off,exit=summary" sleep caller full fork
file=$(only_file "$tmp/dir" '*.mtalloc')
summary check --still "$file"
expect_equal "off stack-full stack-off" "$(summary get "$file" header.stack) $(event_kinds "$file")" "a child's"
expect_equal 0 "$(summary get "$file" event.at_ms | head -n 1)" "when full began"
stop

# Four threads go on while the mode changes: every operation is counted, once.
start exit=summary,max_dumps=1000 busy
for ((i = 0; i < 20; i++)); do
    for mode in off caller full; do
        expect_status 0 "$m" set "$pid" stack=$mode
    done
done
expect_status 0 "$m" set "$pid" stack=off
stop
file=$(only_file "$tmp/dir" '*.exit.*.mtalloc')
summary check --still "$file"
read -r allocs bytes frees free_bytes < <(tail -n 1 "$tmp/said")
expect_at_least 1000 "$frees" "blocks of the threads"
# Besides, calloc() and twice realloc() for each of them, and what the C library needs.
rounds=$((frees - 100))
for figure in "allocs $allocs" "frees $frees"; do
    more=$(($(summary get "$file" "total.${figure% *}") - ${figure#* } - 3 * rounds))
    [ "$more" -ge 0 ] && [ "$more" -le 40 ] || fail "$figure: $more more were counted"
done
expect_equal 62 "$(summary get "$file" event.kind | grep -c '^stack-')" "changes said"

refused 2 'only stack' "$m" set "$pid" frames=8
refused 2 'one of off|caller|full|sampled' "$m" set "$pid" stack=some
refused 2 'NAME=VALUE, not stack' "$m" set "$pid" stack
refused 2 'needs a PID or NAME, and stack=MODE' "$m" set "$pid"
refused 2 'needs a PID or NAME' "$m" check-heap

# ---- who cannot be asked, and why ----

refused 5 'no such process' "$m" check-heap "$pid"
refused 5 'no process is called nonesuch' "$m" set nonesuch stack=off
sleep 60 &
end_with_test $!
refused 5 'runs without libmtalloc' "$m" check-heap $!
start off sleep
refused 5 'switched off' "$m" check-heap "$pid"
end
start signal=none sleep
refused 6 'takes no signal' "$m" check-heap "$pid"
end
trap '' USR1
start "" sleep
trap - USR1
refused 6 "is the program's own" "$m" set "$pid" stack=off
end
start "" hang take
refused 6 'may have taken the signal for itself' "$m" set "$pid" stack=off
expect_equal "ready taken taken" "$(xargs <"$tmp/said")" "calls of the program's handler"
end
start "" sleep block
refused 6 'block the signal' "$m" set -t 1 "$pid" stack=off
end
start "" sleep
kill -STOP "$pid"
refused 6 'it is stopped' "$m" set -t 1 "$pid" stack=off
kill -CONT "$pid"
# The request was not lost.
set_off() { "$m" dump -o "$tmp/dump" "$pid" && [ "$(summary get "$tmp/dump" header.stack)" = off ]; }
wait_for 10 set_off || fail "a request to a stopped process was lost"
end

# Where its memory may not be read the answer comes by its recording.
program outside/denied.c
start "recorder=$memory/recording" sleep
expect_status 0 "$tmp/denied" "$m" set "$pid" stack=off
expect_equal "process $pid: stack=off, was full" "$(cat "$tmp/out")" "set, by a recording"
end
start "" sleep
refused 6 'its memory may not be read.*, which is where the answer comes' "$tmp/denied" "$m" set "$pid" stack=off
end

# In a PID namespace the process has another number for itself.
if unshare --user --map-root-user --pid --fork true 2>/dev/null; then
    env MTALLOC_OPTIONS="quarantine=off,recorder=$memory/inside" unshare --user --map-root-user \
        --pid --fork --kill-child env LD_PRELOAD="$MTALLOC_SO" "$program" sleep >"$tmp/said" 2>"$tmp/log" &
    outer=$!
    end_with_test $outer
    wait_for 20 grep -q ready "$tmp/said" || fail "no program in a PID namespace"
    pid=$(pgrep -P "$outer")
    expect_status 0 "$m" set "$pid" stack=off
    expect_status 0 "$m" check-heap "$pid"
    expect_status 0 "$tmp/denied" "$m" check-heap "$pid"
    expect_status 0 "$m" dump --from "$memory/inside" -o "$tmp/dump"
    expect_equal outside "$(summary get "$tmp/dump" header.reason)" "a recording of a process in a PID namespace"
    kill -KILL "$outer"
    wait "$outer" 2>/dev/null || true
fi

# Another signal; a plain one is still a summary, and so is a value that is no request.
start signal=USR2,min_dump_interval=0 sleep
expect_status 0 "$m" set "$pid" stack=caller
kill -USR2 "$pid"
wait_for 10 compgen -G "$tmp/dir/*.signal.*.mtalloc" || fail "no summary by a plain signal"
/usr/bin/python3 -c '
import ctypes, signal, sys
ctypes.CDLL(None).sigqueue(int(sys.argv[1]), signal.SIGUSR2, ctypes.c_void_p(12345))' "$pid"
two() { [ "$(find "$tmp/dir" -name '*.signal.*.mtalloc' | wc -l)" = 2 ]; }
wait_for 10 two || fail "no summary by a value that is no request"
end

if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
    start "" sleep
    chmod 711 "$tmp"
    as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs)
    "${as_nobody[@]}" "$m" --version >/dev/null 2>&1 || skip "nobody may not run the command"
    refused 6 'may not be read .it runs as another user.' "${as_nobody[@]}" "$m" check-heap "$pid"
    stop
fi
