# How the library, the object that seals and the command are linked and compiled: hardened,
# and the library with no other library than the C library.
. "$srcdir/tests/lib.sh"
. "$srcdir/tests/lint/soft.sh"
need readelf

echo 'int f(void) { return 0; }' >"$tmp/soft.c"
"$CC" -shared -fPIC -Wl,-z,lazy -Wl,-z,norelro -Wl,-z,execstack -Wl,--build-id=none \
    -Wl,-rpath,/nowhere -Wl,--no-as-needed -lm -o "$tmp/soft.so" "$tmp/soft.c"
expect_equal 9 "$(soft_library "$tmp/soft.so" x libc.so.6 | wc -l)" "faults found in a soft library"

echo '#include <stdio.h>
int main(int n, char **a) { return fprintf(stderr, *a, n); }' >"$tmp/command.c"
"$CC" -no-pie -U_FORTIFY_SOURCE -fno-stack-protector -o "$tmp/command" "$tmp/command.c"
soft_command "$tmp/command" >"$tmp/found"
for fault in "at a fixed address" "no stack protector" "not fortified"; do
    grep -qx "$fault" "$tmp/found" || fail "not found in a soft command: $fault"
done

soft_set "$(dirname "$MTALLOC_SO")" "$MTALLOC_CMD" >"$tmp/wrong"
[ ! -s "$tmp/wrong" ] || fail "$(cat "$tmp/wrong")"

# Where the compiler marks code for control-flow enforcement, all of ours is. (The libraries as
# a whole are not: the distribution's jemalloc and start files may lack the mark.)
# unmarked OBJECT …
unmarked() {
    local object
    for object; do
        grep -q 'x86 feature: .*IBT.*SHSTK' <<<"$(readelf -nW "$object")" || echo "$object"
    done
}
if grep -q '^MT_CET = .*-fcf-protection' "$builddir/Makefile"; then
    "$CC" -c -fcf-protection=none -o "$tmp/unmarked.o" "$tmp/soft.c"
    expect_equal "$tmp/unmarked.o" "$(unmarked "$tmp/unmarked.o")" "an object without the mark"
    objects=$(find "$builddir" -maxdepth 2 -name '*.o' -regex '.*/\(base\|track\|export\|alloc\|cli\)/.*_a-.*\|.*/cli/.*')
    expect_at_least 50 "$(wc -w <<<"$objects")" "objects looked at"
    # shellcheck disable=SC2086 # words
    [ -z "$(unmarked $objects)" ] || fail "without control-flow protection: $(unmarked $objects)"
fi

# Memory before the first thread exists is scarce; a late dlopen needs room for all of it.
tls=$(readelf -lW "$MTALLOC_SO" | awk '$1 == "TLS" { print $6 }')
[ $((tls)) -gt 0 ] && [ $((tls)) -le 4096 ] || fail "$((tls)) bytes of static TLS"
