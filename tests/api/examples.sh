# The programs in examples/ that use mtalloc.h do what they say.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"
need addr2line
examples=$builddir/examples

# server: totals as it goes, and the same requests without the library.
seq 1 3000 | sed 's/.*/name& value&/' >"$tmp/requests"
"$examples/server" 1000 <"$tmp/requests" >"$tmp/out" || fail "server"
expect_equal "requests=1000 requests=2000 requests=3000 requests=3000" "$(xargs <"$tmp/out")" \
    "server without the library"
preload "" "$examples/server" 1000 <"$tmp/requests" >"$tmp/out" || fail "server"
expect_equal 4 "$(grep -cE '^requests=[0-9]+ live_blocks=[0-9]+ live_bytes=[0-9]+ peak_bytes=[0-9]+ allocs=[0-9]+$' "$tmp/out")" "lines"
# Three blocks an entry.
blocks=$(sed -nE 's/.* live_blocks=([0-9]+) .*/\1/p' "$tmp/out" | xargs)
read -r _ two three _ <<<"$blocks" # the first line's buffer is a block too
expect_equal 3000 "$((three - two))" "blocks live between the lines"
# The same again: each value is replaced.
cat "$tmp"/{requests,requests,requests} | preload "" "$examples/server" 3000 >"$tmp/out"
expect_equal 1 "$(sed -nE '2,3s/.* live_blocks=([0-9]+) .*/\1/p' "$tmp/out" | sort -u | wc -l)" "live blocks"

# phase: one site grew, by the blocks that are kept.
"$examples/phase" >"$tmp/out" || fail "phase"
expect_match '^6400 bytes more in 100 blocks, site [0-9a-f]{16}$' "$tmp/out" "growth"
expect_equal 6400 "$(sort -rn "$tmp/out" | awk 'NR == 1 { print $1 }')" "the most"
offset=$(sed -nE '/^6400 /,$s/^    #0 phase\+(0x[0-9a-f]+)$/\1/p' "$tmp/out" | sed -n 1p)
expect_equal make_label "$(addr2line -f -e "$examples/phase" "$(printf '%#x' $((offset - 1)))" |
    sed -n 1p)" "the function of $offset"
status=0
MTALLOC_OPTIONS=off "$examples/phase" >"$tmp/out" 2>"$tmp/err" || status=$?
expect_equal "1 phase: no mark: error 95" "$status $(cat "$tmp/err")" "phase under off"

# trim: the cache stays below the limit, by a step or two.
"$examples/trim" >"$tmp/out" || fail "trim"
read -r _ times _ _ _ bytes _ <"$tmp/out"
expect_at_least 4 "$times" "times: $(cat "$tmp/out")"
expect_at_least $((8 << 20)) "$bytes" "bytes: $(cat "$tmp/out")"
expect_at_least "$bytes" $((9 << 20)) "the limit and a MiB"
