# How the library is linked: hardened, and with no other library than the C library.
. "$srcdir/tests/lib.sh"
need readelf

# wrong_with SHARED-OBJECT: a line for each thing that is missing.
wrong_with() {
    local dynamic segments needed
    dynamic=$(readelf -dW "$1") segments=$(readelf -lW "$1")
    grep -q 'FLAGS.*BIND_NOW\|FLAGS_1.*NOW' <<<"$dynamic" || echo "not bound at start"
    grep -q 'FLAGS_1.*NODELETE' <<<"$dynamic" || echo "can be unloaded"
    grep -q 'SONAME.*\[libmtalloc\.so\.0\]' <<<"$dynamic" || echo "wrong soname"
    ! grep -q 'TEXTREL' <<<"$dynamic" || echo "text relocations"
    ! grep -q 'RPATH\|RUNPATH' <<<"$dynamic" || echo "a search path"
    grep -q 'GNU_RELRO' <<<"$segments" || echo "no relro"
    grep -q 'GNU_STACK.* RW ' <<<"$segments" || echo "executable stack"
    ! grep -q 'LOAD.* RWE' <<<"$segments" || echo "writable code"
    readelf -nW "$1" | grep -q 'Build ID' || echo "no build ID"
    needed=$(sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' <<<"$dynamic" | grep -v '^ld-linux' |
        xargs)
    [ "$needed" = libc.so.6 ] || echo "needs $needed"
}

echo 'int f(void) { return 0; }' >"$tmp/soft.c"
"$CC" -shared -fPIC -Wl,-z,lazy -Wl,-z,norelro -Wl,-z,execstack -Wl,--build-id=none \
    -Wl,-rpath,/nowhere -Wl,--no-as-needed -lm -o "$tmp/soft.so" "$tmp/soft.c"
expect_equal 8 "$(wrong_with "$tmp/soft.so" | wc -l)" "faults found in a soft library"

wrong_with "$MTALLOC_SO" >"$tmp/wrong"
[ ! -s "$tmp/wrong" ] || fail "$MTALLOC_SO: $(cat "$tmp/wrong")"

# Memory before the first thread exists is scarce; a late dlopen needs room for all of it.
tls=$(readelf -lW "$MTALLOC_SO" | awk '$1 == "TLS" { print $6 }')
[ $((tls)) -gt 0 ] && [ $((tls)) -le 4096 ] || fail "$((tls)) bytes of static TLS"
