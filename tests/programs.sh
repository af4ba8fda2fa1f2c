# Helpers for tests that compile small programs and run them under the library: source
# after tests/lib.sh. A program is compiled by the test that runs it, plain, into $tmp.

test_flags="-g -Wall -Wextra -Werror -pthread -I$srcdir/tests -I$srcdir/include"

# program FOLDER/NAME.c [FLAG …]: compiles it to $tmp/NAME (C++ if it ends in .cc).
program() {
    local source=$srcdir/tests/$1 name compiler
    name=$(basename "${1%.*}")
    case $1 in
    *.cc) compiler="$CXX -std=c++17 -fsized-deallocation" ;;
    *) compiler="$CC -std=gnu11" ;;
    esac
    shift
    $compiler $test_flags -D_GNU_SOURCE -O1 -fno-builtin -fno-optimize-sibling-calls -o "$tmp/$name" "$source" "$@" ||
        fail "cannot compile $source"
}

# summary COMMAND …: see tests/summary.py.
summary() {
    /usr/bin/python3 "$srcdir/tests/summary.py" "$@"
}

# profile NAME [ARGUMENT …]: runs $tmp/NAME with a summary at its end, which must be whole
# and stand still; its path is in $summary_file, what the program printed in $tmp/out.
# $profile_options are added to the options.
profile() {
    rm -rf "$tmp/profile"
    mkdir -m 700 "$tmp/profile"
    timeout 60 env LD_PRELOAD="$MTALLOC_SO" \
        MTALLOC_OPTIONS="exit=summary,dir=$tmp/profile${profile_options:+,$profile_options}" \
        "$tmp/$1" "${@:2}" >"$tmp/out" 2>"$tmp/err" ||
        { cat "$tmp/out" "$tmp/err" >&2; fail "$* ended with status $?"; }
    [ ! -s "$tmp/err" ] || { cat "$tmp/err" >&2; fail "$*: output on stderr"; }
    summary_file=$(find "$tmp/profile" -name '*.mtalloc')
    [ -n "$summary_file" ] && [ "$(wc -l <<<"$summary_file")" = 1 ] ||
        fail "$*: not one summary but '$(ls "$tmp/profile")'"
    summary check --still "$summary_file" || fail "$*: bad summary"
}
