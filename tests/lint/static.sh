# Static analysis finds nothing: cppcheck and clang-tidy (.clang-tidy says which checks).
. "$srcdir/tests/lib.sh"
. "$srcdir/tests/lint/files.sh"
need cppcheck clang-tidy

flags=(-D_GNU_SOURCE "-DPACKAGE_VERSION=\"\"" "-DMT_LIBDIR=\"\"" "-DMT_POLICY=\"\"" -DMT_CLI=1 -I. -Iinclude)

run_cppcheck() {
    cppcheck --quiet --std=c11 --enable=warning,portability --inline-suppr -D__x86_64__ \
        --suppressions-list="$srcdir/tests/lint/cppcheck.txt" --error-exitcode=1 \
        "${flags[@]}" "$@"
}

# Both find a planted leak.
cat >"$tmp/planted.c" <<'END'
#include <stdlib.h>
int planted(int n);
int planted(int n) {
    int *p = malloc(sizeof *p);
    if (n > 3)
        return 1;
    *p = 1;
    free(p);
    return 0;
}
END
! run_cppcheck "$tmp/planted.c" >/dev/null 2>&1 || fail "cppcheck misses a planted leak"
cp "$srcdir/.clang-tidy" "$tmp/"
! clang-tidy --quiet "$tmp/planted.c" -- >/dev/null 2>&1 ||
    fail "clang-tidy misses a planted leak"

cd "$srcdir"
our_files 'base/*.c' 'track/*.c' 'export/*.c' 'alloc/*.c' 'cli/*.c' 'examples/*.c' >"$tmp/list"
if echo '#include <sodium.h>' | "$CC" -E - >/dev/null 2>&1; then
    flags+=(-DMT_SODIUM=1)
else
    sed -i '/seal_sodium/d' "$tmp/list"
fi
expect_at_least 50 "$(wc -l <"$tmp/list")" "files looked at"
# shellcheck disable=SC2046 # names without spaces
run_cppcheck -j"$(nproc)" $(cat "$tmp/list") || fail "cppcheck, see above"

tidy='clang-tidy --quiet "$@" -- -std=gnu11 '$(printf '%q ' "${flags[@]}")
xargs -P"$(nproc)" -n4 bash -c "$tidy" tidy <"$tmp/list" >"$tmp/out" 2>"$tmp/err" ||
    { cat "$tmp/out" >&2; fail "clang-tidy, see above"; }
