# What the library takes is bounded: its tables by the process's limit on memory, its work and
# its files under a storm of signals; no count is lost meanwhile.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"
need jq

# A recording is as long as the tables may become.
# tables KIB: under that limit on address space.
tables() {
    rm -f "$memory/recording"
    (ulimit -v "$1" && preload "recorder=$memory/recording" true)
    stat -c %s "$memory/recording"
}
whole=$(tables unlimited)
expect_equal $((64 << 20)) "$(tables $((1 << 20)))" "bytes of tables under 1 GiB"
expect_equal $((4 << 20)) "$(tables $((48 << 10)))" "bytes of tables under 48 MiB"
expect_at_least $((64 << 20)) "$whole" "bytes of tables without a limit"

program privacy/storm.c
mkdir -m 700 "$tmp/files"
timeout 250 env LD_PRELOAD="$MTALLOC_SO" \
    MTALLOC_OPTIONS="dir=$tmp/files,exit=summary,max_dumps=5,min_dump_interval=1" \
    "$tmp/storm" 100000 >"$tmp/out" || fail "the program did not survive the storm"
expect_equal 5 "$(find "$tmp/files" -type f | wc -l)" "summaries, the quota of five"
for file in "$tmp"/files/*; do
    tail -n 1 "$file" | grep -q '"type":"end"' || fail "not whole: $file"
done

# With room for it the last summary says what was refused, and no allocation is missing.
rm "$tmp"/files/*
timeout 250 env LD_PRELOAD="$MTALLOC_SO" \
    MTALLOC_OPTIONS="dir=$tmp/files,exit=summary,min_dump_interval=3600000" \
    "$tmp/storm" 100000 >"$tmp/out" || fail "the program did not survive the second storm"
expect_equal 2 "$(find "$tmp/files" -type f | wc -l)" "summaries: the first and the exit's"
last=$(find "$tmp/files" -name '*.exit.*')
summary check --still "$last" || fail "the last summary"
expect_equal 0 "$(jq 'select(.type == "end").mismatch' "$last")" "mismatch"
suppressed=$(jq 'select(.type == "total").dumps_suppressed' "$last")
# Signals that are pending already are not delivered again.
expect_at_least 1000 "$suppressed" "requests counted as suppressed"
expect_at_least "$(cat "$tmp/out")" "$(jq 'select(.type == "total").allocs' "$last")" "allocations counted"
in_threads=$(jq -s '[.[] | select(.type == "site" and .allocs > 1000).allocs] | add' "$last")
expect_equal "$(cat "$tmp/out")" "$in_threads" "allocations of the four threads"
