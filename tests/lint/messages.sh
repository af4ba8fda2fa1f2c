# Each message of base/messages.def is described in docs/FORMAT.md with its keys, is printed
# somewhere, and has a name that programs can look for.
. "$srcdir/tests/lib.sh"
. "$srcdir/tests/lint/files.sh"
cd "$srcdir"

# rows FILE: "ID level name keys" of each message.
rows() {
    sed -n 's/^MESSAGE(\([A-Z_]*\), \([A-Z]*\), "\([^"]*\)", "\([^"]*\)").*/\1 \L\2 \3 \4/p' "$1"
}
# documented FILE: "level name keys" of each row of the table.
documented() {
    sed -n '/^## Log/,/^## /s/^| `\([a-z-]*\)` | \([a-z]*\) | \([^|]*\) |.*/\2 \1 \3/p' "$1" | tr -d '` ' |
        tr '\n' ' '
}

rows base/messages.def >"$tmp/rows"
expect_at_least 20 "$(wc -l <"$tmp/rows")" "messages"
expect_equal "$(grep -c '^MESSAGE(' base/messages.def)" "$(wc -l <"$tmp/rows")" "rows understood"
expect_equal "" "$(cut -d' ' -f3 "$tmp/rows" | sort | uniq -d)" "names given twice"
# shellcheck disable=SC2034 # the fields are named
while read -r id level name keys; do
    [[ $name =~ ^[a-z]+(-[a-z]+)*$ ]] || fail "$id: a name like $name"
    [[ $keys =~ ^[a-z_]+(,[a-z_]+){0,2}$ ]] || fail "$id: keys like $keys"
done <"$tmp/rows"

cut -d' ' -f2- "$tmp/rows" | tr -d ' ' | tr '\n' ' ' >"$tmp/wanted"
documented docs/FORMAT.md >"$tmp/got"
expect_equal "$(cat "$tmp/wanted")" "$(cat "$tmp/got")" "the table in docs/FORMAT.md"

our_files '*/*.c' | grep -v '^tests/' | xargs grep -ohE 'MT_SAY_[A-Z_]+' | sort -u >"$tmp/used"
expect_equal "" "$(sed 's/^\([A-Z_]*\).*/MT_SAY_\1/' "$tmp/rows" | sort | comm -3 - "$tmp/used" | xargs)" \
    "messages that are declared or printed only"
