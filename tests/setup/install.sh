# What `make install` puts in place is complete, and programs build and run against it.
. "$srcdir/tests/lib.sh"
need make pkg-config

image=$tmp/image
env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -C "$builddir" install "DESTDIR=$image" \
    >"$tmp/log" 2>&1 || { tail -n 20 "$tmp/log" >&2; fail "make install failed"; }

prefix=$(sed -n 's/^prefix = //p' "$builddir/Makefile")
lib=$image$prefix/lib
for file in lib/libmtalloc.so lib/libmtalloc.so.0 lib/libmtalloc.a lib/pkgconfig/mtalloc.pc \
    include/mtalloc/{mtalloc,counts,limits,weak}.h bin/mtalloc; do
    [ -e "$image$prefix/$file" ] || fail "not installed: $file"
done
[ ! -e "$builddir/libmtalloc-seal.so.0" ] || [ -e "$lib/libmtalloc-seal.so.0" ] ||
    fail "not installed: libmtalloc-seal.so.0"
expect_equal 0 "$(find "$image" -xtype l | wc -l)" "dangling links"
for page in "$srcdir"/man/*.[1-8]; do
    [ -e "$page" ] || fail "no manual pages"
    find "$image$prefix/share/man" -name "$(basename "$page")" | grep -q . ||
        fail "not installed: $page"
done

# As hard as it was built.
. "$srcdir/tests/lint/soft.sh"
soft_set "$lib" "$image$prefix/bin/mtalloc" >"$tmp/soft"
[ ! -s "$tmp/soft" ] || fail "installed: $(cat "$tmp/soft")"

# The header stands alone, in C and C++.
cat >"$tmp/program.c" <<'END'
#include <mtalloc/mtalloc.h>
#include <stdio.h>
#include <stdlib.h>
int main(void) {
    free(malloc(10));
    puts(mtalloc_version());
    return 0;
}
END
cp "$tmp/program.c" "$tmp/program.cc"
export PKG_CONFIG_PATH=$lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$image
# PKG_CONFIG_SYSROOT_DIR moves -I and -L into the image.
read -ra flags < <(pkg-config --cflags --libs mtalloc)
version=$(pkg-config --modversion mtalloc)
"$CC" -std=c11 -pedantic-errors -Wall -Wextra -Werror -o "$tmp/in-c" "$tmp/program.c" "${flags[@]}"
expect_equal "$version" "$(LD_LIBRARY_PATH=$lib "$tmp/in-c")" "the linked library's version"
expect_match 'libmtalloc\.so\.0 => '"$lib" <(LD_LIBRARY_PATH=$lib ldd "$tmp/in-c") "linking"
if command -v "$CXX" >/dev/null; then
    "$CXX" -pedantic-errors -Wall -Wextra -Werror -o "$tmp/in-cxx" "$tmp/program.cc" "${flags[@]}"
    expect_equal "$version" "$(LD_LIBRARY_PATH=$lib "$tmp/in-cxx")" "version, from C++"
fi

# The installed command finds the installed library, not the one it was built beside.
mkdir "$tmp/moved" && cp "$image$prefix/bin/mtalloc" "$tmp/moved/"
expect_equal "mtalloc $version" "$("$tmp/moved/mtalloc" --version | head -n 1)" "--version"

env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -C "$builddir" uninstall "DESTDIR=$image" \
    >"$tmp/log" 2>&1 || { tail -n 20 "$tmp/log" >&2; fail "make uninstall failed"; }
expect_equal "" "$(find "$image" ! -type d)" "files left by make uninstall"
