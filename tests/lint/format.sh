# The code is formatted as .clang-format says.
. "$srcdir/tests/lib.sh"
. "$srcdir/tests/lint/files.sh"
need clang-format

cp "$srcdir/.clang-format" "$tmp/"
printf 'int  main( void ) {return 0;}\n' >"$tmp/planted.c"
! clang-format --dry-run --Werror "$tmp/planted.c" 2>/dev/null ||
    fail "clang-format takes anything"

cd "$srcdir"
our_files '*.[ch]' '*.cc' >"$tmp/list"
expect_at_least 50 "$(wc -l <"$tmp/list")" "files looked at"
xargs clang-format --dry-run --Werror <"$tmp/list" 2>"$tmp/wrong" ||
    fail "run clang-format -i on: $(grep -oE '^[^: ]+\.(h|c|cc):' "$tmp/wrong" | tr -d : |
        sort -u | xargs)"
