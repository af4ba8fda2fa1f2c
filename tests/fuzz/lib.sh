# What the fuzz tests share: source tests/lib.sh first. FUZZ_SECONDS=3600 runs each target for
# that long, else it is a stated number of runs. Inputs that once failed are in
# tests/fuzz/TARGET_found.
#
# shellcheck shell=bash disable=SC2034,SC2086,SC2154 # for those that source it; lists
from=$srcdir/tests/fuzz
flags="-std=gnu11 -O1 -g -D_GNU_SOURCE -I$srcdir -I$srcdir/include -fno-sanitize-recover=all"
sanitize=-fsanitize=address,undefined

# Whether there is libFuzzer; tests/fuzz/replay.c stands in for it.
if command -v clang >/dev/null && printf '%s\n' '#include <stddef.h>' \
    'int LLVMFuzzerTestOneInput(const char *a, size_t b) { return a && b == 3 && !*a; }' |
    clang -x c - -fsanitize=fuzzer $sanitize -o "$tmp/probe" 2>"$tmp/why"; then
    fuzz_cc=(clang -fsanitize=fuzzer "$sanitize")
    parts_cc=(clang -fsanitize=fuzzer-no-link "$sanitize")
else
    echo "without libFuzzer: $(cat "$tmp/why" 2>/dev/null || echo no clang)"
    fuzz_cc=("$CC" "$sanitize" "$from/replay.c")
    parts_cc=("$CC" "$sanitize")
fi

# run WHAT ARGUMENT ...: what fails is shown with the input, to be kept.
run() {
    local what=$1
    shift
    (cd "$tmp" && ./fuzz "$@") >"$tmp/log" 2>&1 && return
    tail -n 40 "$tmp/log" >&2
    find "$tmp" -maxdepth 1 -name '*-[0-9a-f]*' -print -exec base64 {} ';' >&2
    fail "$what"
}

# fuzz TARGET RUNS SOURCES-AND-FLAGS ARGUMENT ...: from the files in seeds/.
fuzz() {
    local target=$1 how=-runs=$2 rest=$3 found seeds=("$tmp"/seeds/*)
    shift 3
    [ -e "${seeds[0]}" ] || fail "$target: no seeds"
    found=$(find "$from/${target}_found" -type f 2>/dev/null) || true
    "${fuzz_cc[@]}" $flags -o "$tmp/fuzz" "$from/$target.c" $rest
    if [ "${fuzz_cc[0]}" != clang ]; then
        run "$target" $found "${seeds[@]}"
    else
        [ -z "$found" ] || run "$target: an input that once failed" $found
        [ -z "${FUZZ_SECONDS:-}" ] || how=-max_total_time=$FUZZ_SECONDS
        rm -rf "$tmp/made" && mkdir "$tmp/made"
        run "$target" $how -seed="${FUZZ_SEED:-1}" -timeout=10 -rss_limit_mb=2048 "$@" made seeds
    fi
    grep 'Done [0-9]* runs' "$tmp/log" | sed "s/^/$target: /" || fail "$target: no runs"
}
