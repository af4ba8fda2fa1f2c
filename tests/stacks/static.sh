# The programs that know their stacks, linked as static-pie with libmtalloc.a: there all code
# is in one module, without the loader.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"
echo 'int main(void) { return 0; }' >"$tmp/none.c"
$CC -static-pie -o "$tmp/none" "$tmp/none.c" 2>/dev/null || skip "no static C library"

from=$srcdir/tests/stacks
flags="-D_GNU_SOURCE $test_flags -fno-builtin -Wno-unused-result -DLINKED_STATICALLY"
profile_options=frames=512
wrong=0 compared=0

# named NAME TRUTH STACKS: of both only the functions that the truth names, summed by stack;
# the C library's have many names here. Where it doesn't name the innermost one, no stack, but
# for what the C++ library allocates for main.
named() {
    awk -v cxx="$([ "$1" = exceptions ] && echo 1)" 'NR == FNR { n = split($5, a, ";")
            for (i = 1; i <= n; i++) if (a[i] != "libc") seen[a[i]] = 1
            next }
        { n = split($5, a, ";"); path = ""
          if (!(a[n] in seen) && !cxx) next
          for (i = 1; i <= n; i++) if (a[i] in seen) path = path ";" a[i]
          if (cxx && path !~ /;main;/) next
          for (i = 1; i <= 4; i++) sum[path, i] += $i
          paths[path] = 1 }
        END { for (p in paths) print sum[p, 1], sum[p, 2], sum[p, 3], sum[p, 4], p }' "$2" "$3" | sort
}

# compare WHAT NAME LEAST
compare() {
    profile "$2"
    cp "$tmp/out" "$tmp/truth"
    summary stacks "$summary_file" "$tmp/$2" >"$tmp/stacks"
    named "$2" "$tmp/truth" "$tmp/truth" >"$tmp/wanted"
    named "$2" "$tmp/truth" "$tmp/stacks" >"$tmp/got"
    expect_at_least "$3" "$(wc -l <"$tmp/wanted")" "$1: stacks that $2 knows"
    # Those from before the loader's part of libc is ready.
    [ "$(summary get "$summary_file" total.truncated)" -le 10 ] || fail "$1: $2: truncated"
    compared=$((compared + 1))
    diff "$tmp/wanted" "$tmp/got" >"$tmp/difference" && return
    echo "FAIL: $1: $2: what is (<), what was recorded (>)" >&2
    cut -c 1-300 "$tmp/difference" | sed -n 1,20p >&2
    wrong=$((wrong + 1))
}

# build COMPILER SOURCE ... FLAG ...
build() {
    "$@" "$builddir/libmtalloc.a" -static-pie || fail "cannot build: $*"
}

for compiler in gcc clang; do
    command -v $compiler >/dev/null || continue
    cxx=g++
    [ $compiler = gcc ] || cxx=clang++
    for level in -O0 -O2; do
        # shellcheck disable=SC2086 # flags
        for program in "calltree 50" "walk 1000" "hard_stacks 15" "other_names 8" "odd_frames 18"; do
            build $compiler -std=gnu11 $flags $level -o "$tmp/${program% *}" \
                "$from/${program% *}.c" "$from/library.c" "$from/truth.c"
            compare "$compiler $level" $program
        done
        command -v $cxx >/dev/null || continue
        # shellcheck disable=SC2086 # flags
        {
            $compiler -std=gnu11 $flags $level -c -o "$tmp/truth.o" "$from/truth.c"
            build $cxx -std=gnu++17 $flags -Wno-infinite-recursion $level \
                -o "$tmp/exceptions" "$from/exceptions.cc" "$tmp/truth.o"
        }
        compare "$compiler $level" exceptions 100
    done
done
echo "$compared comparisons"
[ "$wrong" -eq 0 ] || fail "$wrong of $compared comparisons"
