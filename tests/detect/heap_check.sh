# The heap check: damage of blocks that are never freed, by check=exit and mtalloc_check().
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"
ulimit -c 0
cd "$tmp"
linked=("-L$builddir" -l:libmtalloc.so "-Wl,-rpath,$builddir")

# run OPTIONS PROGRAM [ARGUMENT …]: into out and err; the status is in $status.
run() {
    status=$(exec 2>/dev/null
        timeout 600 env LD_PRELOAD="$MTALLOC_SO" MTALLOC_OPTIONS="$1" "./$2" "${@:3}" >out 2>err || echo $?)
    status=${status:-0}
}

program detect/heap/kept.c
while read -r kind size; do
    line="mtalloc: ERROR: heap-buffer-overflow-write size=$size offset=$size damaged=1 ID found by the heap check"
    said() {
        expect_equal "$line" "$(sed -n 's/ id=[1-9][0-9]* site=[0-9a-f]\{16\}/ ID/; /ERROR/p' err)" "$1"
        expect_match 'kept\+0x' err "$1: stack of the allocation"
    }
    run check=exit kept "$kind" bug exit
    expect_equal "134 went on" "$status $(cat out)" "$kind, check=exit"
    said "$kind, check=exit"
    run "" kept "$kind" bug call
    expect_equal "134 " "$status $(cat out)" "$kind, mtalloc_check()"
    said "$kind, mtalloc_check()"
    run check=exit,on_error=report kept "$kind" bug call
    expect_equal "0 1 1 went on" "$status $(xargs <out)" "$kind, found twice, said once"
    said "$kind, said once"
    run preset=test,leaks=off kept "$kind" bug exit
    expect_equal 134 "$status" "$kind, preset=test"
    said "$kind, preset=test"

    # Bytes before the block: what can still be said of it depends on how many.
    while read -r bytes what; do
        run check=headers kept "$kind" "$bytes" exit
        expect_equal "134 went on" "$status $(cat out)" "$kind, $bytes bytes before it"
        expect_equal "mtalloc: ERROR: heap-buffer-underflow-write ${what:+${what//SIZE/size=$size} }the 16 bytes before the block were written, found by the heap check" \
            "$(sed -n 's/ id=[1-9][0-9]*/ ID/; s/ site=[0-9a-f]\{16\}/ SITE/; /ERROR/p' err)" "$kind, $bytes bytes before it"
        [ -z "$what" ] || expect_match 'kept\+0x' err "$kind, $bytes bytes before it: stack of the allocation"
        run check=exit kept "$kind" "$bytes" exit
        expect_equal "0 went on " "$status $(cat out) $(cat err)" "$kind, $bytes bytes before it, check=exit"
    done <<'UNDER'
1 SIZE ID SITE
2 SIZE ID SITE
4 SIZE id=0 SITE
8 SIZE id=0 SITE
16
UNDER
    run check=headers,on_error=report kept "$kind" 1 call
    expect_equal "0 1 1 went on" "$status $(xargs <out)" "$kind, damaged header found twice"
    expect_equal 1 "$(grep -c ERROR err)" "$kind, damaged header said once"

    for options in check=exit check=headers check=headers,on_error=report preset=test,leaks=off check=exit,stack=off check=exit,stack=sampled; do
        run "$options" kept "$kind" correct call
        expect_equal "0 0 0 went on " "$status $(xargs <out) $(cat err)" "$kind, correct, $options"
    done
    run "" kept "$kind" bug exit
    expect_equal "0 went on " "$status $(cat out) $(cat err)" "$kind, check=off"
done <<'TABLE'
empty 0
small 100
even 96
calloc 100
aligned 100
realloc 100
moved 9000
page 300000
large 5000000
TABLE

# Where the time is over, that is said, and nothing else.
run check=exit,exit_budget_ms=0 kept small bug exit
expect_equal "0 mtalloc: warning: check-cut-short after_mib=0 option=exit_budget_ms" \
    "$status $(cat err)" "exit_budget_ms=0"

# The event in the summary.
mkdir -m 700 dir
run "check=exit,on_error=report,exit=summary,dir=$tmp/dir" kept small bug exit
expect_equal 1 "$(grep -c '"kind":"heap-buffer-overflow-write".*"size":100,' "$(only_file dir '*.mtalloc')")" "events"

# Blocks in quarantine.
program detect/heap/waiting.c "${linked[@]}"
run quarantine=all,on_error=report waiting bug
expect_equal "0 1 0" "$status $(xargs <out)" "a block that waits, checked twice"
expect_equal "mtalloc: ERROR: write-after-free size=100 offset=7 damaged=1" \
    "$(sed -n 's/ id=.*//; /ERROR/p' err)" "a write into a block that waits"
run quarantine=all waiting correct
expect_equal "0 0 0 " "$status $(xargs <out) $(cat err)" "blocks that wait, correct"

program detect/heap/refused.c "${linked[@]}"
run check=exit,sandbox=ignore refused
if [ "$(cat out)" != "no filters here" ]; then
    expect_equal refused "$(cat out)" "where process_vm_readv is refused"
    expect_match '^mtalloc: warning: check-not-done ' err "what is said then at exit"
    run check=exit refused
    expect_equal refused "$(cat out)" "where it may be refused"
    expect_match '^mtalloc: warning: sandboxed not_done="heap check" ' err "what is said then"
    expect_equal 1 "$(wc -l <err)" "lines about it"
fi
run off kept small correct call
expect_equal "0 -95 -95 went on" "$status $(xargs <out)" "mtalloc_check() under off"

# Checks while four threads change the heap: nothing is found. HEAP_CHECKS=3000 for more.
program detect/heap/threads.c "${linked[@]}"
for options in "" quarantine=all,max_quarantine=1M fill=junk check=headers \
    check=headers,quarantine=sample; do
    run "$options" threads "${HEAP_CHECKS:-300}"
    expect_equal "0 0 found, 0 refused " "$status $(cat out) $(cat err)" "threads, $options"
done
