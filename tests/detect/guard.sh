# Guard slots: what becomes of other faults, of a program that goes on, and of the slots when
# they are used again or run out. The reports themselves are rows of matrix.py.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"
ulimit -c 0
cd "$tmp"

# run OPTIONS PROGRAM [ARGUMENT …]: into out and err; the status is in $status.
run() {
    status=$(exec 2>/dev/null # the shell's own word about a signal
        timeout 60 env LD_PRELOAD="$preloaded" MTALLOC_OPTIONS="$1" "./$2" "${@:3}" >out 2>err || echo $?)
    status=${status:-0}
}
# said: the first lines of reports, without ids.
said() { sed -n 's/ id=[1-9][0-9]* site=[0-9a-f]\{16\}/ ID/; s/^mtalloc: ERROR: //p' err | xargs -d'\n'; }

program detect/guard/chain.c
program detect/guard/pool.c
"$CC" $test_flags -D_GNU_SOURCE -shared -fPIC -o before.so "$srcdir/tests/detect/guard/before.c"

# Other faults, and signals that were sent, are as without the library: the status, and what a
# handler that was there first sees.
for BEFORE in none info plain nodefer once ignore; do
    export BEFORE
    for what in null wild readonly sent; do
        preloaded=$tmp/before.so run "" chain "$what"
        sed 's/code 0 at [0-9a-f]*/code 0/' out >plain
        wanted="$status $(cat err)"
        for options in guard=all guard=1; do
            preloaded=$MTALLOC_SO:$tmp/before.so run $options chain "$what"
            sed 's/code 0 at [0-9a-f]*/code 0/' out | diff plain - >&2 ||
                fail "$what, $BEFORE: another call of the handler with $options"
            expect_equal "$wanted" "$status $(cat err)" "$what, $BEFORE, $options: status and output"
        done
    done
    preloaded=$MTALLOC_SO:$tmp/before.so run guard=all chain slot
    expect_equal "134 use-after-free-read size=100 offset=0 ID " "$status $(said) $(cat out)" \
        "a slot, with $BEFORE"
done
unset BEFORE
preloaded=$MTALLOC_SO

# A program that takes the signal later has it; when it gives it back, it is ours. In a thread
# with a small alternate stack, and in a forked child.
while IFS='|' read -r what wanted; do
    for options in guard=all guard=1; do
        run $options chain "$what"
        expect_equal "$wanted" "$status|$(xargs <out)|$(said)" "$what with $options"
    done
done <<'TABLE'
later|11|own handler, the slot|
restored|134||use-after-free-read size=100 offset=0 ID
thread|134||use-after-free-read size=100 offset=0 ID
child|0|child 6 went on|use-after-free-read size=100 offset=0 ID
TABLE
run "guard=1,recorder=$memory/recording" chain child
expect_equal "0 use-after-free-read size=100 offset=0 ID" "$status $(said)" "a recorded child"

# on_error=report: the instruction goes on, and reads zeros. A second access to the page is not
# seen, the next free is.
right=guard_side=right
while IFS='|' read -r options what wanted; do
    run "$options" pool "$what"
    expect_equal "$wanted" "$status|$(xargs <out)|$(said)" "$what with $options"
done <<TABLE
guard=1,$right,on_error=report|past|0|0 0 went on|heap-buffer-overflow-read size=32 offset=32 ID
guard=all,$right,on_error=report|past|0|0 0 went on|heap-buffer-overflow-read size=32 offset=32 ID
guard=1,$right,on_error=report|twice|0|went on|double-free size=32 ID use-after-free-write size=32 offset=16 ID double-free size=32 ID
guard=all,on_error=report|twice|0|went on|double-free size=32 ID use-after-free-write size=32 offset=16 ID double-free size=32 ID
guard=all,$right|empty|134||heap-buffer-overflow-read size=0 offset=0 ID
guard=1,guard_side=left,on_error=report|first|0|went on|heap-buffer-underflow-write size=32 before=40 ID heap-buffer-underflow-write size=32 before=40 ID
guard=all,on_error=report|jump|139||use-after-free-read size=32 offset=0 ID
guard=all|jump|134||use-after-free-read size=32 offset=0 ID
guard=1|handled|6|own handler|use-after-free-write size=32 offset=0 ID
guard=1,on_error=report|unopened|139||use-after-free-write size=32 offset=0 ID
guard=1|unopened_free|134||double-free size=32 ID
guard=1,on_error=report|unopened_free|139||double-free size=32 ID
guard=all|own_rights|139||
guard=1|own_rights|139||
guard=all|odd|0|1 0 5 1 went on|
guard=1|odd|0|1 0 5 1 went on|
preset=guard|odd|0|1 0 5 1 went on|
off,guard=all|empty|0|went on|
TABLE

# Slots come back as zeros, whatever was written into them meanwhile.
run guard=1,log=none,on_error=report pool again
expect_equal "0 went on" "$status $(cat out)" "slots used again"

# More blocks than slots: the rest are ordinary ones, which guard=all says once.
full="mtalloc: warning: guard-limited reason=\"no room for some blocks, by max_guard or the number of mappings: they are not guarded\""
while IFS='|' read -r options space wanted; do
    (ulimit -v "$space" && run "$options" pool many && echo "$status" >status)
    expect_equal "0|$wanted" "$(cat status)|$(cat err)" "$options with $space KiB of address space"
done <<TABLE
guard=all|unlimited|$full
guard=all,max_guard=1M|unlimited|$full
guard=all,log_level=error|unlimited|
guard=2|unlimited|
guard=1|1000000|
preset=guard,log_level=error|1000000|
guard=1|250000|mtalloc: warning: guard-limited reason="address space is limited: fewer slots, for smaller blocks"
TABLE

# Under guard=N the blocks' pages are at most 1.5 MiB.
run guard=1,$right pool resident
expect_equal 0 "$status" "pool resident: $(cat err)"
expect_at_least 1300 "$(head -1 out)" "KiB in slots"
expect_at_least "$(head -1 out)" 1536 "KiB in slots, at most"

# Forked children, with a recorder and without, do not all pick the same blocks.
for options in "" ",recorder=$memory/recording-fork"; do
    run "guard=50,$right$options" pool forked
    expect_equal 0 "$status" "forked children: $(cat err)"
    expect_equal 2 "$(grep , out | sort -u | wc -l)" "children with picks of their own: $(cat out)"
done

# Threads that fault at once find the library's own stacks in use.
run guard=all,on_error=report chain crowd
expect_equal "0 0 bytes below the stacks went on 900" "$status $(xargs <out) $(said | grep -o use-after-free-read | wc -l)" \
    "threads at once"

# The event, with the stacks of access, allocation and free.
mkdir -m 700 dir
run "guard=all,on_error=report,exit=summary,dir=$tmp/dir" chain slot
file=$(only_file dir '*.mtalloc')
/usr/bin/python3 - "$srcdir/tests" "$file" chain <<'END' || fail "event"
import sys
sys.path.insert(0, sys.argv[1])
from summary import Summary, symbols_of
summary, symbols = Summary(sys.argv[2]), symbols_of(sys.argv[3:])
summary.check()
event, = summary.of["event"]
assert event["kind"] == "use-after-free-read", event
assert event["size"] == 100 and event["value"] == 0 and event["id"] > 0, event
stacks = [summary.stack(event[which + "_frame"], symbols) for which in ("error", "alloc", "free")]
assert [stack[stack.index("main"):] for stack in stacks] == [["main", "touch"], ["main"], ["main"]], stacks
END

# The canary of a guarded block that is never freed is looked at by the heap check.
program detect/heap/kept.c -L"$builddir" -l:libmtalloc.so -Wl,-rpath,"$builddir"
for side in left right; do
    run "preset=guard,leaks=off,guard_side=$side" kept small bug exit
    expect_equal "134 heap-buffer-overflow-write size=100 offset=100 damaged=1 ID found by the heap check" \
        "$status $(said)" "the heap check, $side"
    run "preset=guard,leaks=off,guard_side=$side" kept small correct call
    expect_equal "0 0 0 went on" "$status $(xargs <out)$(cat err)" "the heap check, correct, $side"
    # Damaged headers, at a page's start among them, of blocks with a canary and without.
    for kind in small:100 even:96 moved:9000; do
        run "preset=guard,leaks=off,check=headers,guard_side=$side" kept ${kind%:*} 1 exit
        expect_equal "134 heap-buffer-underflow-write size=${kind#*:} ID the 16 bytes before the block were written, found by the heap check" \
            "$status $(said)" "the check of headers, $kind, $side"
    done
done
