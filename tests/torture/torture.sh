# Every allocation failed in turn, with a fake allocator in jemalloc's place.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"
need "${CXX%% *}"

$CC -std=gnu11 $test_flags -I"$srcdir" -D_GNU_SOURCE -O1 -c -o "$tmp/fake.o" \
    "$srcdir/tests/torture/fake_backend.c" || fail "cannot compile the fake allocator"
program torture/torture.cc "$tmp/fake.o" \
    "$builddir"/lib{alloc,export,track,base,alloc}.a

# torture TWICE OPTIONS: the summary is whole, its sums agree, and it counts this program's calls
# as the program did.
torture() {
    local twice=$1
    shift
    MTALLOC_OPTIONS=$1 expect_status 0 timeout 100 "$tmp/torture" "$twice" 3>"$tmp/summary"
    [ ! -s "$tmp/err" ] || fail "$1: on stderr: $(cat "$tmp/err")"
    summary check --still "$tmp/summary" || fail "$1: bad summary"
    expect_equal "$(cat "$tmp/out")" "$(summary stacks "$tmp/summary" "$tmp/torture" |
        awk '{ for (i = 1; i <= 4; i++) sum[i] += $i }
            END { print sum[1], sum[2], sum[3], sum[4] }')" "counts under '$1'"
    expect_at_least 40 "$(grep -c '"kind":"out-of-memory"' "$tmp/summary")" "events under '$1'"
}
# Without the quarantine: it keeps blocks back, and gives them up where memory runs out.
# Two mallocs, calloc, new, new[] and four aligned ones of both small sizes go the short way,
# then the general.
torture 18 quarantine=off,frames=64
torture 0 preset=test,leaks=off,quarantine=off,frames=512
torture 18 quarantine=off,max_metadata=4M
