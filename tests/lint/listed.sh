# Nothing lies about unused: every test and every source file is listed in a sources.am.
. "$srcdir/tests/lib.sh"
. "$srcdir/tests/lint/files.sh"
cd "$srcdir"

# unlisted SOURCES.AM: those names of stdin that it does not mention.
unlisted() {
    while read -r name; do
        grep -qE "(^|[[:space:]])${name//./\\.}([[:space:]]|\$)" "$1" || echo "$name"
    done
}

expect_equal tests/none.sh \
    "$(printf '%s\n' tests/lint/listed.sh tests/none.sh | unlisted tests/sources.am)" \
    "a planted name"

{
    for layer in base track export alloc cli examples; do
        our_files "$layer/*.[ch]" "$layer/*.S" | unlisted $layer/sources.am
    done
    our_files 'tests/*/*.sh' | grep -v '/lib\.sh$' | unlisted tests/sources.am
    our_files 'tests/unit/*_test.c' | sed 's/\.c$//' | unlisted tests/sources.am
} >"$tmp/wrong"
[ ! -s "$tmp/wrong" ] || fail "in no sources.am: $(xargs <"$tmp/wrong")"
