# The functions of mtalloc.h, each against a program that knows its own truth: linked and
# preloaded, with other threads going on, in handlers, at odd moments, and with wrong input.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"
need jq

# linked NAME: compiles tests/api/NAME.c against the library, to $tmp/NAME.
linked() {
    program "api/$1.c" -L"$builddir" -Wl,-rpath,"$builddir" -lmtalloc
}

# passes OPTIONS COMMAND …: it ends well and says nothing.
passes() {
    local status=0
    timeout 100 env MTALLOC_OPTIONS="$1" "${@:2}" >"$tmp/out" 2>"$tmp/err" || status=$?
    [ "$status" = 0 ] && [ ! -s "$tmp/err" ] ||
        { cat "$tmp/err" >&2; fail "${*:2} with '$1': status $status"; }
}

linked truth
for threads in 1 4; do
    for options in "" preset=test max_sites=1,privacy=strict; do
        passes "$options" "$tmp/truth" $threads
    done
    passes stack=caller "$tmp/truth" $threads caller
done

# Limits. What they log is silenced where it is not looked at.
linked limits
for options in "" preset=test limit_live=1M,log=none; do
    for what in live sites; do
        passes "$options" "$tmp/limits" $what
    done
done
for what in single rate exchange wrong; do
    passes "" "$tmp/limits" $what
done
passes limit_alloc=1M,log=none "$tmp/limits" single
passes limit_alloc=500K,log=none "$tmp/limits" small
passes limit_live=10M,limit_alloc=2M,limit_action=signal:USR2 "$tmp/limits" by_option
passes limit_live=10M,limit_alloc=2M,limit_action=signal:12 "$tmp/limits" by_option

mkdir -m 700 "$tmp/dir"
status=0
MTALLOC_OPTIONS="dir=$tmp/dir" "$tmp/limits" actions 2>"$tmp/err" || status=$?
expect_equal 0 "$status" "actions"
expect_equal 1 "$(grep -c '^mtalloc: WARNING: limit-live live=[0-9]* limit=10485760$' "$tmp/err")" "lines"
expect_equal 1 "$(wc -l <"$tmp/err")" "all lines"
file=$(only_file "$tmp/dir" 'limits.*.limit.*.mtalloc')
summary check "$file"
expect_equal 1 "$(grep -c '"kind":"limit-live"' "$file")" "events"
status=0
(exec 2>/dev/null; ulimit -c 0; "$tmp/limits" end) || status=$?
expect_equal 134 "$status" "the end of a program at its limit"

# A rate by the options: one event, whose value is above the limit.
rm "$tmp"/dir/*
MTALLOC_OPTIONS="exit=summary,dir=$tmp/dir,limit_rate=50M,limit_rate_s=1" timeout 100 "$tmp/limits" \
    rate >"$tmp/out" 2>"$tmp/err" || fail "rate: $(cat "$tmp/err")"
expect_match '^mtalloc: WARNING: limit-rate rate=[0-9]* limit=52428800$' "$tmp/err" "the line"
jq -s 'map(select(.kind == "limit-rate") | .value)' "$tmp"/dir/* >"$tmp/values"
expect_equal true "$(jq 'length >= 2 and all(.[]; . > 52428800)' "$tmp/values")" "$(cat "$tmp/values")"
"$MTALLOC_CMD" report "$(only_file "$tmp/dir" '*.mtalloc')" >"$tmp/report"
expect_match '^limit-rate after .*, [0-9,]* bytes a second$' "$tmp/report" "the report"
for wrong in signal: signal:KILL signal:11 signal:none signal:65 call log+signal; do
    MTALLOC_OPTIONS="limit_live=1T,limit_action=$wrong" "$tmp/limits" wrong 2>"$tmp/err" || true
    expect_match 'option ignored: limit_action' "$tmp/err" "limit_action=$wrong"
done
