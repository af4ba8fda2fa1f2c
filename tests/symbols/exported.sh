# The shared library offers exactly the symbols in exported.txt.
. "$srcdir/tests/lib.sh"

exported() {
    "$NM" -D --defined-only "$1" | awk '{ print $NF }' | sort
}

sed 's/#.*//; s/[[:space:]]//g; /^$/d' "$srcdir/tests/symbols/exported.txt" | sort \
    >"$tmp/wanted"
expect_equal "" "$(uniq -d "$tmp/wanted")" "names listed twice"
exported "$MTALLOC_SO" >"$tmp/got"
diff -u "$tmp/wanted" "$tmp/got" >"$tmp/difference" ||
    fail "exported symbols differ (- wanted, + offered):
$(cat "$tmp/difference")"

# Versioned symbols would not take the place of the C library's.
! readelf -VW "$MTALLOC_SO" | grep -q 'Version definition section' ||
    fail "the symbols have versions"
