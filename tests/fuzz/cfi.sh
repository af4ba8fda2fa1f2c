# Damaged unwind tables: nothing but the tables and the stack is read, and nothing loops,
# under libFuzzer with the address and undefined-behaviour sanitizers. It starts from the
# tables of real programs. FUZZ_SECONDS=900 for a longer run. Inputs that once failed are in
# tests/fuzz/cfi_found.
. "${srcdir:-.}/tests/lib.sh"
need readelf

from=$srcdir/tests/fuzz
sources="$from/cfi.c $srcdir/track/cfi.c $srcdir/track/cfi_find.c $srcdir/track/rules.c"
flags="-std=gnu11 -O1 -g -D_GNU_SOURCE -I$srcdir -I$srcdir/include -fno-sanitize-recover=all"

# section NAME FILE: its offset and size.
section() {
    readelf -SW "$2" |
        sed -n "s/^ *\[ *[0-9]*\] *$1 *PROGBITS *[0-9a-f]* *\([0-9a-f]*\) *\([0-9a-f]*\) .*/0x\1 0x\2/p"
}
# seed FILE: its tables, as they lie in it.
seed() {
    local header frames bytes
    read -r header _ < <(section '\.eh_frame_hdr' "$1")
    read -r frames bytes < <(section '\.eh_frame' "$1")
    tail -c +$((header + 1)) "$1" >"$tmp/from_header"
    head -c $((frames + bytes - header)) "$tmp/from_header" >"$tmp/seeds/$(basename "$1")"
}

mkdir "$tmp/seeds" "$tmp/made"
for file in /lib64/ld-linux-x86-64.so.2 "$(type -P true)" "$(type -P cat)" "$(type -P ls)"; do
    seed "$file"
done
seeds=("$tmp"/seeds/*)
expect_at_least 3 ${#seeds[@]} "programs with tables"

# run WHAT ARGUMENT ...: what fails is shown with the input, to be kept.
run() {
    local what=$1
    shift
    (cd "$tmp" && ./fuzz "$@") >"$tmp/log" 2>&1 && return
    tail -n 40 "$tmp/log" >&2
    find "$tmp" -maxdepth 1 -name '*-[0-9a-f]*' -print -exec base64 {} ';' >&2
    fail "$what"
}

# shellcheck disable=SC2086 # lists
if command -v clang >/dev/null &&
    clang $flags -fsanitize=fuzzer,address,undefined -o "$tmp/fuzz" $sources 2>"$tmp/why"; then
    run "an input that once failed" "$from"/cfi_found/*
    how=-runs=40000
    [ -z "${FUZZ_SECONDS:-}" ] || how=-max_total_time=$FUZZ_SECONDS
    run "damaged tables" $how -seed=1 -timeout=10 -max_len=20000 -rss_limit_mb=1024 made seeds
else
    echo "without libFuzzer: $(cat "$tmp/why" 2>/dev/null || echo no clang)"
    $CC $flags -fsanitize=address,undefined -o "$tmp/fuzz" "$from/replay.c" $sources
    run "damaged tables" "$from"/cfi_found/* "${seeds[@]}"
fi
grep 'Done [0-9]* runs' "$tmp/log" || fail "no runs"
