# Stacks that compilers and runtimes make odd: tail calls, moved prologues, crowded
# registers, variable frames, lazy binding, exceptions through hundreds of frames, the C++
# library's allocations, code without a file. Each program knows its stacks.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"
need gcc jq

from=$srcdir/tests/stacks
flags="-D_GNU_SOURCE $test_flags -fno-builtin -Wno-unused-result"
profile_options=frames=512
wrong=0 compared=0

# known TRUTH STACKS: of both only the functions that the truth names, summed by stack; what
# else is between them are the C++ library's templates, as the compiler likes.
known() {
    awk 'NR == FNR { n = split($5, a, ";"); for (i = 1; i <= n; i++) seen[a[i]] = 1; next }
        { n = split($5, a, ";"); path = ""
          for (i = 1; i <= n; i++) if (a[i] in seen) path = path ";" a[i]
          if (path !~ /;main;/) next
          for (i = 1; i <= 4; i++) sum[path, i] += $i
          paths[path] = 1 }
        END { for (p in paths) print sum[p, 1], sum[p, 2], sum[p, 3], sum[p, 4], p }' "$1" "$2" | sort
}

# compare WHAT NAME LEAST
compare() {
    profile "$2"
    sort "$tmp/out" >"$tmp/truth"
    if [ "$2" = exceptions ]; then
        summary stacks "$summary_file" --all "$tmp/$2" "$tmp/libtree.so" >"$tmp/stacks"
        known "$tmp/truth" "$tmp/truth" >"$tmp/wanted"
        known "$tmp/truth" "$tmp/stacks" >"$tmp/got"
    else
        cp "$tmp/truth" "$tmp/wanted"
        summary stacks "$summary_file" "$tmp/$2" "$tmp/libtree.so" | sort >"$tmp/got"
    fi
    expect_at_least "$3" "$(wc -l <"$tmp/wanted")" "$1: stacks that $2 knows"
    compared=$((compared + 1))
    diff "$tmp/wanted" "$tmp/got" >"$tmp/difference" && return
    echo "FAIL: $1: $2: what is (<), what was recorded (>)" >&2
    cut -c 1-300 "$tmp/difference" | head -20 >&2
    wrong=$((wrong + 1))
}

for compiler in gcc clang; do
    command -v $compiler >/dev/null || continue
    for how in -O0 "-O1 -foptimize-sibling-calls" "-O2 -fno-omit-frame-pointer" -O3 "-O2 -flto" \
        "-O2 -fcf-protection=full"; do
        # clang's -O1 makes no tail calls.
        [ "$compiler $how" != "clang -O1 -foptimize-sibling-calls" ] || continue
        # clang's LTO needs a linker with LLVM's plug-in.
        # shellcheck disable=SC2086 # flags
        echo 'int main(void) { return 0; }' | $compiler $how -o "$tmp/none" -xc - 2>/dev/null ||
            { echo "$compiler $how: cannot link"; continue; }
        # shellcheck disable=SC2086 # flags
        {
            $compiler -std=gnu11 $flags $how -shared -fPIC -o "$tmp/libtree.so" \
                "$from/library.c" "$from/truth.c"
            for name in odd_frames made_code; do
                $compiler -std=gnu11 $flags $how -o "$tmp/$name" "$from/$name.c" \
                    -L"$tmp" -Wl,-rpath,"$tmp",-z,lazy -ltree
            done
        }
        compare "$compiler $how" odd_frames 18
        compare "$compiler $how" made_code 2
        # Those through made code, and no other: 20 rounds, one each.
        expect_equal 20 "$(summary get "$summary_file" total.truncated)" "truncated stacks"
        cxx=g++
        [ $compiler = gcc ] || cxx=clang++
        command -v $cxx >/dev/null || continue
        # shellcheck disable=SC2086 # flags
        $cxx -std=gnu++17 $flags -Wno-infinite-recursion $how -o "$tmp/exceptions" \
            "$from/exceptions.cc" -L"$tmp" -Wl,-rpath,"$tmp" -ltree
        compare "$compiler $how" exceptions 100
    done
done
# A module without a file, as the vdso is one; it has the name of the descriptor that it was
# loaded from.
# shellcheck disable=SC2086 # flags
gcc -std=gnu11 $flags -O2 -DLINKED_STATICALLY -shared -fPIC -o "$tmp/libtree.so" \
    "$from/library.c"
# shellcheck disable=SC2086 # flags
gcc -std=gnu11 $flags -O2 -rdynamic -o "$tmp/no_file" "$from/no_file.c" "$from/truth.c" -ldl
profile no_file "$tmp/libtree.so"
sort "$tmp/out" >"$tmp/truth"
number=$(jq -r 'select(.type == "module" and (.name | test("^[0-9]+$"))).name' "$summary_file")
cp "$tmp/libtree.so" "$tmp/$number"
summary stacks "$summary_file" "$tmp/no_file" "$tmp/$number" | sort >"$tmp/got"
expect_at_least 3 "$(wc -l <"$tmp/truth")" "stacks through a module without a file"
diff "$tmp/truth" "$tmp/got" >&2 || wrong=$((wrong + 1))
compared=$((compared + 1))

echo "$compared comparisons"
[ "$wrong" -eq 0 ] || fail "$wrong of $compared comparisons"
