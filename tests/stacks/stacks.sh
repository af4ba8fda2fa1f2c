# Programs that know their own call trees: the library records exactly those stacks and
# counts, for both compilers, at -O0 and -O2, with and without frame pointers. The same
# stacks have the same signatures in another run at other addresses.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"

# build COMPILER FLAG …: the programs and their library in $tmp.
build() {
    local flags="-std=gnu11 -D_GNU_SOURCE $test_flags -fno-builtin -Wno-unused-result"
    local from=$srcdir/tests/stacks name
    rm -f "$tmp"/libtree.so
    "$@" $flags -shared -fPIC -o "$tmp/libtree.so" "$from/library.c" "$from/truth.c"
    for name in calltree walk hard_stacks other_names reloaded; do
        "$@" $flags -o "$tmp/$name" "$from/$name.c" -L"$tmp" -Wl,-rpath,"$tmp" -ltree
    done
}

# Two libraries that take each other's place; see reloaded.c.
build_reloaded() {
    build "$@"
    local flags="-D_GNU_SOURCE $test_flags -fno-builtin -fno-stack-protector -shared -fPIC"
    local from=$srcdir/tests/stacks
    "$@" $flags -DNAME=through_one -DBYTES=40 -o "$tmp/libone.so" "$from/reloaded_library.c"
    "$@" $flags -DNAME=through_two -DBYTES=104 -o "$tmp/libtwo.so" "$from/reloaded_library.c"
}

signatures() {
    summary get "$summary_file" site.sig site.allocs site.alloc_bytes site.free_bytes
}

wrong=0
compare() {
    local what=$1 name=$2
    profile "$name" "${@:3}"
    sort -k5 "$tmp/out" >"$tmp/truth"
    summary stacks "$summary_file" "$tmp/$name" "$tmp/libtree.so" "$tmp/libone.so" \
        "$tmp/libtwo.so" | sort -k5 >"$tmp/got"
    expect_at_least 3 "$(wc -l <"$tmp/truth")" "$what: stacks that $name knows"
    if ! diff "$tmp/truth" "$tmp/got" >"$tmp/difference"; then
        echo "FAIL: $what: $name: what is (<), what was recorded (>)" >&2
        head -20 "$tmp/difference" >&2
        wrong=$((wrong + 1))
    fi
}

for compiler in gcc clang; do
    command -v $compiler >/dev/null || continue
    for level in -O0 -O2; do
        for frames in -fno-omit-frame-pointer -fomit-frame-pointer; do
            build_reloaded $compiler $level $frames
            for name in calltree walk hard_stacks other_names; do
                compare "$compiler $level $frames" $name
            done
            compare "$compiler $level $frames" reloaded "$tmp/libone.so" "$tmp/libtwo.so"
        done
    done
done

profile walk
signatures >"$tmp/first"
profile walk
signatures >"$tmp/second"
cmp "$tmp/first" "$tmp/second" || fail "signatures differ between two runs"
expect_at_least 1000 "$(wc -l <"$tmp/first")" "signatures"

[ "$wrong" -eq 0 ] || fail "$wrong of the comparisons"
