# The first report a newcomer sees names the demo's planted leak: function, file and line.
. "$srcdir/tests/lib.sh"

expect_status 0 "$builddir/examples/docindex"
cp "$tmp/out" "$tmp/plain"
expect_status 0 "$MTALLOC_CMD" run -- "$builddir/examples/docindex"
cat "$tmp/out" "$tmp/err" >"$tmp/all"

while read -r line; do
    grep -qxF -- "$line" "$tmp/all" || fail "the demo printed something else under the library"
done <"$tmp/plain"

line=$(grep -n 'char \*snippet = malloc' "$srcdir/examples/cache.c" | cut -d: -f1)
expect_match "copy_snippet.*cache\.c:$line\b" "$tmp/all" "the report names the leak"
# It is the first place of those that were never freed.
awk '/^Never freed/ { getline; getline; print; exit }' "$tmp/all" >"$tmp/first"
expect_match "copy_snippet.*cache\.c:$line\b" "$tmp/first" "the leak comes first"
