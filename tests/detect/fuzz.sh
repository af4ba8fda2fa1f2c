# Random operations against a model, and single bytes changed at random. FUZZ_OPERATIONS and
# FUZZ_SEED choose a longer or another run.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"
ulimit -c 0

operations=${FUZZ_OPERATIONS:-2000000} seed=${FUZZ_SEED:-1}
program detect/options/fuzz.c -L"$builddir" -l:libmtalloc.so -Wl,-rpath,"$builddir"
program detect/options/mutate.c

# totals FILE: allocations, bytes and frees of a summary.
totals() {
    sed -nE '/"type":"total"/s/.*"allocs":([0-9]+),"alloc_bytes":([0-9]+),"frees":([0-9]+).*/\1 \2 \3/p' "$1"
}

# fuzz OPTIONS THREADS: the model's counts are the library's, but for those of a run that
# does nothing.
fuzz() {
    local base=("" 0 0 0) got model
    profile_options=$1 profile fuzz "$seed" 0 "$2"
    read -r -a base <<<"x $(totals "$summary_file")"
    profile_options=$1 profile fuzz "$seed" "$operations" "$2"
    read -r -a got <<<"x $(totals "$summary_file")"
    read -r -a model <<<"x $(cat "$tmp/out")"
    expect_at_least $((operations / 3)) "${model[1]}" "allocations of the model"
    expect_equal "${model[1]} ${model[2]} ${model[3]}" \
        "$((got[1] - base[1])) $((got[2] - base[2])) $((got[3] - base[3]))" \
        "allocations, bytes, frees with '$1' and $2 threads"
}

while read -r threads options; do
    fuzz "$options" "$threads"
done <<'RUNS'
1
4
3 preset=test,leaks=off
2 quarantine=sample,fill=zero,stack=caller
2 quarantine=all,max_quarantine=64K,stack=off
4 guard=2
2 guard=100,stack=caller
RUNS
# Each of these operations is a few system calls.
operations=$((operations / 10)) fuzz preset=guard,log_level=error 4

# Every checked byte, and none else.
for options in on_error=auto quarantine=all guard=all,guard_side=left; do
    preload "$options" "$tmp/mutate" "$seed" 1500 >"$tmp/out" 2>"$tmp/err" ||
        { grep '^wrong' "$tmp/err" >&2; fail "mutations with $options: $(cat "$tmp/out")"; }
    read -r reported silent _ <"$tmp/out"
    expect_at_least 800 "$reported" "mutations reported with $options"
    expect_at_least 200 "$silent" "mutations of contents with $options"
    [ "$(grep -c '^mtalloc: ERROR' "$tmp/err")" -eq "$reported" ] || fail "one report each"
done
