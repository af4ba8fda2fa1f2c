# weak.h: one program compiled once runs with the library and without, linked or preloaded,
# by gcc and clang, as C and C++; and the header has every function of mtalloc.h.
. "${srcdir:-.}/tests/lib.sh"

# stubs HEADER: the functions that it has a weak reference, a stub and a name for.
stubs() {
    sort <(sed -n 's/^#pragma weak //p' "$1") \
        <(sed -nE 's/^MTALLOC_STUB .*mtalloc_weak_([a-z_]+)\(.*/mtalloc_\1/p' "$1") \
        <(sed -nE 's/^#define (mtalloc_[a-z_]+) mtalloc_weak_([a-z_]+)$/\1 mtalloc_\2/p' "$1" |
            awk '$1 == $2 { print $1 }') | uniq -c | awk '$1 == 3 { print $2 }'
}
include=$srcdir/include/mtalloc
"$CC" -E -P -I "$srcdir/include" -x c "$include/mtalloc.h" | tr '\n' ' ' |
    grep -oE '\bmtalloc_[a-z_]+\([^()*]' | grep -oE 'mtalloc_[a-z_]+' | sort -u >"$tmp/declared"
expect_at_least 15 "$(wc -l <"$tmp/declared")" "functions of the header"
stubs "$include/weak.h" >"$tmp/stubs"
diff "$tmp/declared" "$tmp/stubs" >&2 || fail "weak.h (>) has not the functions of mtalloc.h (<)"
sed 's/^#pragma weak mtalloc_mark$//' "$include/weak.h" >"$tmp/lacking.h"
expect_equal mtalloc_mark "$(stubs "$tmp/lacking.h" | comm -23 "$tmp/declared" -)" "a planted lack"

mkdir -m 700 "$tmp/dir"
# runs present|absent NAME=VALUE … PROGRAM
runs() {
    timeout 60 env MTALLOC_OPTIONS="dir=$tmp/dir,log=none" "${@:2}" "$1" >"$tmp/out" 2>&1 ||
        { cat "$tmp/out" >&2; fail "$* ($compiler): status $?"; }
    [ ! -s "$tmp/out" ] || fail "$* said: $(cat "$tmp/out")"
}

compilers=0
for compiler in gcc clang "gcc -std=c11 -O2" "g++ -std=c++11" "clang++ -std=c++11 -O2"; do
    command -v "${compiler%% *}" >/dev/null || continue
    compilers=$((compilers + 1))
    case $compiler in
    *++*) language=c++ ;;
    *) language=c ;;
    esac
    # shellcheck disable=SC2086 # words
    compile() {
        $compiler -pedantic-errors -Wall -Wextra -Werror -fPIE -I"$srcdir/include" \
            -o "$tmp/$1" -x $language "$srcdir/tests/api/weak.c" -x none "${@:2}" ||
            fail "$compiler cannot compile weak.c"
    }
    compile plain -pie
    runs absent "$tmp/plain"
    runs present LD_PRELOAD="$MTALLOC_SO" "$tmp/plain"
    compile linked -pie -L"$builddir" -Wl,-rpath,"$builddir" -lmtalloc
    runs present "$tmp/linked"
    compile static -pie "$builddir/libmtalloc.a" -ldl -pthread -lm
    runs present "$tmp/static"
    compile fixed -no-pie -L"$builddir" -Wl,-rpath,"$builddir" -lmtalloc
    runs present "$tmp/fixed"
done
expect_at_least 2 $compilers "compilers"
