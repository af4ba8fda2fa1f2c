# Messages: a line each that programs can take apart, to where they belong, a function of the
# program's too.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"

# One line, with what would have been allowed; a name that is none is not printed.
preload "frames=7,stack=half,off=maybe,sample=0,signal=HUP,nonsense=1" true 2>"$tmp/err"
expect_equal 'mtalloc: warning: option-ignored option=frames allowed=8..512
mtalloc: warning: option-ignored option=stack allowed=off|caller|full|sampled
mtalloc: warning: option-ignored option=off allowed=0|1
mtalloc: warning: option-ignored option=sample allowed=1..1099511627776
mtalloc: warning: option-ignored option=signal
mtalloc: warning: option-unknown see="mtalloc options"' "$(cat "$tmp/err")" "options ignored"

program privacy/callback.c -L"$(dirname "$MTALLOC_SO")" -Wl,-rpath,"$(dirname "$MTALLOC_SO")" -lmtalloc
mkdir -m 700 "$tmp/files"
MTALLOC_OPTIONS="log_level=info,on_error=report,dir=$tmp/files" timeout 20 "$tmp/callback" \
    >"$tmp/out" 2>"$tmp/err" || fail "the program, status $?"
expect_match '^mtalloc: info: summary-written file=callback\..*\.mtalloc$' "$tmp/out" "a message"
expect_match '^mtalloc: ERROR: double-free size=100 ' "$tmp/out" "an error's first line"
expect_match '^    #[0-9]+ callback\+0x' "$tmp/out" "its stack"
errors=$(grep -cv '^mtalloc: info\|^errors' "$tmp/out")
expect_match "^errors $errors\$" "$tmp/out" "the levels"
expect_equal 1 "$(wc -l <"$tmp/err")" "lines on stderr, those after the function was taken away"
expect_match '^mtalloc: info: summary-written ' "$tmp/err" "the line"
