# Every bug in every way to allocate, at every size, in every variant: the exact report, and
# a silent twin. The table is in matrix.py.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"
command -v "${CXX%% *}" >/dev/null || skip "no C++ compiler"

ulimit -c 0
program detect/matrix.cc -Wno-mismatched-new-delete
/usr/bin/python3 "$srcdir/tests/detect/matrix.py" "$MTALLOC_SO" "$tmp/matrix" >"$tmp/out" ||
    { cat "$tmp/out" >&2; fail "see above"; }
