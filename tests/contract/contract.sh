# The documented behaviour of the malloc family, with the library preloaded and linked.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"

wrong=0
preloaded() {
    timeout 60 env LD_PRELOAD="$MTALLOC_SO" MTALLOC_OPTIONS="$1" "${@:2}"
}
passes() {
    local status=0
    "$@" >"$tmp/out" 2>&1 || status=$?
    [ "$status" -eq 0 ] && [ ! -s "$tmp/out" ] && return
    echo "FAIL: ${*/#$tmp\//} (status $status):" >&2
    cat "$tmp/out" >&2
    wrong=$((wrong + 1))
}

families="zero_and_null overflow alignment aligned_blocks errno_kept calloc_zeroes
    sized_free heap_info realloc_keeps realloc_in_place jemalloc_api exhaustion
    odd_moments"
for name in $families usable_size; do
    program "contract/$name.c"
done
for name in $families "usable_size exact"; do
    # shellcheck disable=SC2086 # a name with its argument
    passes preloaded "" "$tmp/"$name
done
for name in zero_and_null aligned_blocks sized_free jemalloc_api; do
    program "contract/$name.c" -L"$builddir" -Wl,-rpath,"$builddir" -lmtalloc
    passes timeout 60 "$tmp/$name"
done

program contract/settings.c -rdynamic
passes preloaded "" "$tmp/settings"
MALLOC_CONF=lg_extent_max_active_fit:6,dirty_decay_ms:5000 \
    passes preloaded "" "$tmp/settings" environment

if command -v "${CXX%% *}" >/dev/null; then
    program contract/operators.cc
    program contract/cxx_plugin.cc -shared -fPIC
    program contract/cxx_by_dlopen.c
    passes preloaded "" "$tmp/operators"
    passes preloaded "" "$tmp/cxx_by_dlopen" "$tmp/cxx_plugin"
fi

# Everything again as plain jemalloc; there, an exact usable size is not promised.
for name in zero_and_null overflow errno_kept calloc_zeroes realloc_keeps usable_size \
    odd_moments; do
    passes preloaded off "$tmp/$name"
done

# With settings for jemalloc.
for conf in tcache:false narenas:1,dirty_decay_ms:0 junk:true,zero_realloc:free; do
    for name in odd_moments calloc_zeroes realloc_keeps; do
        MALLOC_CONF=$conf passes preloaded "" "$tmp/$name"
    done
done

# A limit on the address space from the start.
(wrong=0 && ulimit -v 400000 && passes preloaded "" "$tmp/alignment" && [ $wrong -eq 0 ]) ||
    wrong=$((wrong + 1))

[ "$wrong" -eq 0 ] || fail "$wrong programs"
