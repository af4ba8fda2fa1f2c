# The library cannot be loaded by dlopen: its thread-local storage has its place at start
# only. What the loader says is in the documentation.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"

program contract/late_dlopen.c
expect_status 0 "$tmp/late_dlopen" "$MTALLOC_SO"
expect_match 'cannot allocate memory in static TLS block' "$tmp/out" "late dlopen"
