# on_peak and interval: summaries as the high-water mark grows by so much, and as time goes
# by, with their reason in name and header, within the quotas.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"
need jq

program detect/options/steps.c
cd "$tmp"

# stepped OPTIONS ARGUMENT …: runs it; summaries come into $tmp/dir.
stepped() {
    rm -rf dir
    mkdir -m 700 dir
    timeout 60 env LD_PRELOAD="$MTALLOC_SO" MTALLOC_OPTIONS="dir=$tmp/dir,$1" ./steps "${@:2}" \
        >out 2>err || fail "steps ${*:2} under $1: status $?"
    [ ! -s err ] || { cat err >&2; fail "output on stderr"; }
}
count() { find dir -name "steps.*.$1.*.mtalloc" | wc -l; }

# Each growth by half, from 1 MiB on; what shrinks, or grows back, is none.
stepped on_peak=50 0 64 0 60
peaks=$(jq -s 'map(select(.type == "total") | .peak_bytes) | sort' dir/*.peak.*)
expect_equal true "$(jq -n --argjson p "$peaks" '[range(1; $p | length)] |
    all(.[]; $p[.] > $p[. - 1] * 1.5 and $p[.] < $p[. - 1] * 1.5 + 1048576)')" "steps between $peaks"
expect_equal true "$(jq -n --argjson p "$peaks" '$p[0] >= 1048576 and $p[0] < 2097152 and
    $p[-1] * 1.5 + 1048576 > 67108864')" "first and last of $peaks"
expect_equal peak "$(cat dir/* | jq -rs 'map(select(.type == "header") | .reason) | unique | .[]')" "reason"
for file in dir/*; do
    summary check "$file" || fail "a bad summary"
done
stepped on_peak=50,max_dumps=3 0 64
expect_equal 3 "$(count peak)" "summaries within max_dumps"
stepped "" 0 64
expect_equal 0 "$(find dir -type f | wc -l)" "summaries without the option"

# At least one in three seconds, and not one for every look.
stepped interval=1 3
expect_at_least 1 "$(count interval)" "summaries by time"
expect_at_least "$(count interval)" 8 "not many"
stepped interval=60 1
expect_equal 0 "$(count interval)" "before the interval is over"
