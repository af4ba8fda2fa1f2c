# max_sites and min_bytes: the heaviest sites are those that a whole summary has on top, the
# rest is one site, and all of them add up to the totals. No frame or module of the rest.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"
need jq

program privacy/determined.c
profile determined
cp "$summary_file" "$tmp/all"

sites() { jq -c 'select(.type == "site")' "$1"; }
# The signatures of sites by weight, ties in the file's order.
by_weight() { sites "$1" | jq -rs 'sort_by([-.live_bytes, -.alloc_bytes]) | .[].sig'; }
# sum FILE FIELD
sum() { sites "$1" | jq -s "map(.$2) | add"; }

# narrowed OPTIONS: the summary under them, in $tmp/narrow; its sums are the totals.
narrowed() {
    profile_options=$1 profile determined
    cp "$summary_file" "$tmp/narrow"
    for field in allocs alloc_bytes frees free_bytes live live_bytes peak_bytes temporary reallocs; do
        expect_equal "$(jq "select(.type == \"total\").$field" "$tmp/all")" \
            "$(sum "$tmp/narrow" $field)" "$1: $field of all sites"
    done
    omitted=$(jq -r 'select(.name == "[omitted]").id' "$tmp/narrow")
    frame=$(jq -r "select(.type == \"frame\" and .module == $omitted).id" "$tmp/narrow")
    rest=$(sites "$tmp/narrow" | jq -r "select(.frame == $frame).sig")
    sites "$tmp/narrow" | jq -r "select(.frame != $frame).sig" | sort >"$tmp/kept"
    summed=$(jq 'select(.kind == "sites-summed").value' "$tmp/narrow")
    expect_equal "$(sites "$tmp/all" | wc -l)" $((summed + $(wc -l <"$tmp/kept"))) "$1: sites in all"
    # Every frame leads to a site that was kept, or is the rest's.
    jq -s '[.[] | select(.type == "frame")] as $f | ([$f[].parent] | unique) as $p |
        ([.[] | select(.type == "site").frame] | unique) as $s |
        [$f[].id] - $p - $s | length' "$tmp/narrow" >"$tmp/idle"
    expect_equal 0 "$(cat "$tmp/idle")" "$1: frames that lead to no site"
}

for most in 1 7 100; do
    narrowed max_sites=$most
    by_weight "$tmp/all" | sed -n "1,${most}p" | sort | cmp - "$tmp/kept" ||
        fail "max_sites=$most kept other sites than the heaviest"
done
narrowed max_sites=1
[ "$(grep -c '"type":"frame"' "$tmp/narrow")" -lt "$(grep -c '"type":"frame"' "$tmp/all")" ] ||
    fail "max_sites=1 leaves out no frame"

# The signature of the rest is the one that docs/FORMAT.md says.
printf '[omitted]\0\0\0\0\0\0\0\0' >"$tmp/name"
if command -v xxhsum >/dev/null; then
    expect_equal "$rest" "$(xxhsum -q -H3 "$tmp/name" | sed -nE '1s/.*([0-9a-f]{16}).*/\1/p')" "signature"
fi

narrowed min_bytes=20000
sites "$tmp/all" | jq -r 'select(.alloc_bytes >= 20000).sig' | sort >"$tmp/wanted"
expect_at_least 1 "$(wc -l <"$tmp/wanted")" "sites of 20,000 bytes"
cmp "$tmp/wanted" "$tmp/kept" || fail "min_bytes kept other sites"

narrowed max_sites=3,min_bytes=1000000000
expect_equal 0 "$(wc -l <"$tmp/kept")" "sites kept of 1,000,000,000 bytes"

# From outside the process's choice holds.
LD_PRELOAD=$MTALLOC_SO MTALLOC_OPTIONS=max_sites=1 sleep 60 &
end_with_test $!
wait_for 20 "$MTALLOC_CMD" dump $! -o "$tmp/outside" || fail "no summary from outside"
expect_equal 2 "$(sites "$tmp/outside" | wc -l)" "sites in a summary from outside"
