# `mtalloc top` for scripts: figures of a process that knows its truth, running, stopped,
# from a recording where its memory may not be read; growth and rates between two looks.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"
need jq

m=$MTALLOC_CMD
program outside/steady.c
program outside/stepper.c
program outside/denied.c
cd "$tmp"
steady=steady-$$ # other tests run a program of that name too
mv steady $steady

# start OPTIONS: steady in the background, its PID in $pid and its truth in $truth.
start() {
    rm -f truth
    env LD_PRELOAD="$MTALLOC_SO" MTALLOC_OPTIONS="$1" ./$steady sleep >truth &
    pid=$!
    end_with_test $pid
    wait_for 20 test -s truth || fail "steady did not start"
    truth=$(cat truth)
}

finish() {
    kill -KILL "$1"
    wait "$1" 2>/dev/null || true
}

# look WHAT ARGUMENT …: one look, in $tmp/out; make_block's figures are the truth.
look() {
    local what=$1
    shift
    expect_status 0 "$@" --once --json
    expect_equal 1 "$(wc -l <out)" "$what: lines"
    expect_equal "$truth" "$(jq -r '.sites[] | select(.functions[0].function == "make_block")
        | "\(.allocs) \(.alloc_bytes) \(.frees) \(.free_bytes)"' out)" "$what: figures"
    expect_equal "$pid" "$(jq .pid out)" "$what: pid"
}

start ""
state_of() { grep -h -E 'ctxt_switches|^State' /proc/"$pid"/task/*/status; cut -d ' ' -f 10,12 "/proc/$pid/stat"; }
state_of >before
look "a look" "$m" top "$pid"
expect_equal "running memory" "$(jq -r '"\(.state) \(.from)"' out)" "state"
expect_equal true "$(jq '.total | .live_bytes == .alloc_bytes - .free_bytes and
    .growth_bytes == 0 and .live == .allocs - .frees' out)" "totals"
expect_equal true "$(jq '.resource.rss_bytes > 0 and .resource.threads == 2 and
    .resource.metadata_bytes > 0' out)" "resources"
look "by name" "$m" top $steady
expect_status 0 "$m" top --json -c 2 "$pid"
expect_equal 2 "$(wc -l <out)" "looks"
expect_equal "0 0 0" "$(jq -r -s '.[1].total | "\(.growth_bytes) \(.allocs_per_s) \(.frees_per_s)"' \
    out)" "what a process does that sleeps"
state_of >after
diff before after >&2 || fail "being watched was felt: context switches or page faults"

expect_status 0 "$m" top --once "$pid"
expect_match "^$steady  pid [0-9]+, running after " out "title"
expect_match '^ +1\.1M +750 .* make_block  steady\.c:[0-9]+ < main$' out "row"
expect_match '^live +1\.1M in 75[0-9] blocks, growth 0, peak 1\.[45]M$' out "heap"
expect_status 0 "$m" top --once --filter MAKE_b "$pid"
expect_equal 9 "$(wc -l <out)" "lines with one row left by the filter"
expect_status 0 "$m" top --once --no-symbols -n 1 "$pid"
expect_match '  steady-[0-9]+\+0x[0-9a-f]+$' out "without symbols"

kill -STOP "$pid"
wait_for 10 grep -q '^State:.T' "/proc/$pid/status" || fail "not stopped"
look "a stopped process" "$m" top "$pid"
expect_equal stopped "$(jq -r .state out)" "state of a stopped process"
expect_match '^State:.T' "/proc/$pid/status" "it stays stopped"

# refused STATUS MESSAGE COMMAND …
refused() {
    expect_status "$1" "${@:3}"
    expect_equal 1 "$(wc -l <err)" "lines of the message"
    expect_match "$2" err message
}

# Names: of several, of none, of one without the library.
first=$pid
start ""
refused 2 "several processes, choose one by its PID: ($first, $pid|$pid, $first)\$" "$m" top --once $steady
finish "$first"
look "the one that is left" "$m" top $steady
refused 5 'no process is called nonesuch$' "$m" top --once nonesuch
cp ./$steady ./bare
./bare sleep >/dev/null &
bare=$!
end_with_test $bare
wait_for 20 test "/proc/$bare/exe" -ef ./bare
refused 5 'bare runs without libmtalloc$' "$m" top --once bare
refused 5 "cannot watch process $bare: the process runs without libmtalloc\$" "$m" top --once "$bare"
finish $bare
refused 5 "cannot watch process $bare: no such process" "$m" top --once "$bare"

# Where its memory may not be read: why, and from the recording if there is one.
refused 6 "cannot watch process $pid: no permission to read the process's memory" \
    ./denied "$m" top --once "$pid"
finish "$pid"
start "recorder=$memory/recording"
look "a recording" ./denied "$m" top "$pid"
expect_equal recording "$(jq -r .from out)" "where it is from"
expect_match 'may not be read.*: this is from its recording$' err "what is said"
finish "$pid"
rm -f truth
"$m" run --no-symbols -- ./$steady sleep >truth 2>/dev/null &
run=$!
end_with_test $run
wait_for 20 test -s truth || fail "steady did not start under run"
truth=$(cat truth)
pid=$(pgrep -P $run)
end_with_test "$pid"
look "the recording of run" ./denied "$m" top "$pid"
finish "$pid"
wait $run 2>/dev/null || true

# Growth and rates: what comes between two looks is in the later one, all of it.
mkfifo steps
env LD_PRELOAD="$MTALLOC_SO" ./stepper <steps >said &
pid=$!
end_with_test $pid
exec 3>steps
wait_for 20 grep -q ready said || fail "the stepper did not start"
"$m" top --json --sort growth "$pid" >looks 3>&- &
top=$!
end_with_test $top
wait_for 20 test -s looks || fail "no first look"
for growth in 60000 120000; do
    echo >&3
    wait_for 20 grep -q "\"growth_bytes\":$growth" looks || fail "no growth was seen"
done
exec 3>&-
wait_for 20 eval "! kill -0 $top" || fail "top goes on after the end of its process"
wait $top || fail "top: status $? when the process had ended"
wait $pid
expect_equal true "$(jq -s 'all(.[]; .total.growth_bytes % 60000 == 0)' looks)" "growth"
# Rates are whole numbers: a look is off by half a byte a second at most.
expect_equal true "$(jq -s '.[1:] | (map(.total.alloc_bytes_per_s * .interval_ms / 1000) | add)
    - 200000 | fabs <= 10' looks)" "bytes of all looks after the first"
expect_equal '"step_block"' "$(jq -s '.[-1].sites[0].functions[0].function' looks)" "grown most"
