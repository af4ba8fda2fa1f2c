# Each row of docs/THREATS.md names tests that exist and are run; so do the other documents
# where they name one.
. "$srcdir/tests/lib.sh"
. "$srcdir/tests/lint/files.sh"
cd "$srcdir"

# missing DOCUMENT: tests that it names or links, and that are not there or listed nowhere.
missing() {
    { grep -oE 'tests/[a-z_]+/[a-z_0-9]+(\.[a-z]+)?' "$1" || true; } | sort -u | while read -r name; do
        case $name in
        tests/unit/*) name=${name%.c} ;;
        *.sh) ;;
        *.log) continue ;; # made by a test
        *) [ -e "$name" ] || echo "$name"; continue ;;
        esac
        [ -e "$name" ] || [ -e "$name.c" ] || echo "$name"
        grep -qE "(^|[[:space:]])${name//./\\.}([[:space:]]|\$)" tests/sources.am || echo "$name (not run)"
    done
}
# untested DOCUMENT: rows whose last column has no test.
untested() {
    grep '^| ' "$1" | awk -F'|' '$2 !~ /^ threat / && $(NF - 1) !~ /\]\(\.\.\/tests\// { print $2 }'
}

printf '%s\n' '| threat | what | shown by |' '| a | b | [x](../tests/privacy/nowhere.sh), tests/unit/none_test |' \
    '| untold | b | by looking |' '| c | d | [x](../tests/privacy/core.sh) |' >"$tmp/planted.md"
expect_equal 2 "$(missing "$tmp/planted.md" | cut -d' ' -f1 | sort -u | wc -l)" "planted names found"
expect_equal " untold " "$(untested "$tmp/planted.md")" "the planted row without a test"

expect_at_least 18 "$(grep -c '^| ' docs/THREATS.md)" "rows"
expect_equal "" "$(untested docs/THREATS.md)" "threats without a test"
our_files '*.md' | while read -r document; do
    missing "$document" | sed "s|^|$document: |"
done >"$tmp/wrong"
[ ! -s "$tmp/wrong" ] || fail "named, but not there or not run: $(cat "$tmp/wrong")"
