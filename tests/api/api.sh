# The functions of mtalloc.h, each against a program that knows its own truth: linked and
# preloaded, with other threads going on, in handlers, at odd moments, and with wrong input.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"
need jq

# linked NAME: compiles tests/api/NAME.c against the library, to $tmp/NAME.
linked() {
    program "api/$1.c" -L"$builddir" -Wl,-rpath,"$builddir" -lmtalloc
}

# passes OPTIONS COMMAND …: it ends well and says nothing.
passes() {
    local status=0
    timeout 100 env MTALLOC_OPTIONS="$1" "${@:2}" >"$tmp/out" 2>"$tmp/err" || status=$?
    [ "$status" = 0 ] && [ ! -s "$tmp/err" ] ||
        { cat "$tmp/err" >&2; fail "${*:2} with '$1': status $status"; }
}

linked truth
for threads in 1 4; do
    for options in "" preset=test max_sites=1,privacy=strict; do
        passes "$options" "$tmp/truth" $threads
    done
    passes stack=caller "$tmp/truth" $threads caller
done
