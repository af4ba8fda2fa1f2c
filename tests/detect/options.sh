# Options that find errors: what they do, and reports of pointers that are no blocks.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"
ulimit -c 0
cd "$tmp"

# first_line OPTIONS PROGRAM [ARGUMENT …]: of its report; the status is in $status.
first_line() {
    status=$(exec 2>/dev/null
        preload "$1" "./$2" "${@:3}" >out 2>err || echo $?)
    status=${status:-0}
    head -1 err | sed 's/ id=[1-9][0-9]* site=[0-9a-f]\{16\}//'
}

# Pointers that are no blocks. Those that begin a page are told from a crash even where
# nothing can be read.
program detect/options/wild.c
while IFS='|' read -r kind options wanted; do
    expect_equal "mtalloc: ERROR: $wanted" "$(first_line "$options" wild "$kind")" "$kind"
    first_line "$options" wild "$kind" >/dev/null
    expect_equal 134 "$status" "status of $kind"
done <<'TABLE'
argument||invalid-free among the program's arguments and environment
mapped||invalid-free no block of this allocator
in_freed||invalid-free size=64 offset=48 inside a freed block
in_freed|preset=test|invalid-free size=64 offset=48 inside a freed block
overrun||heap-buffer-overflow-write size=64 offset=64 damaged=16 into the block behind it, which was freed
after_hole||invalid-free no block of this allocator
after_hole|quarantine=off|invalid-free no block of this allocator
after_hole|preset=test|invalid-free no block of this allocator
unmapped||invalid-free not mapped
unmapped|preset=test|invalid-free not mapped
TABLE

# Anywhere: in a handler, in a forked child, in a thread's destructor, at exit, with nothing
# open to write to, and with the library's own tables written over.
program detect/options/anywhere.c -pthread
for moment in handler child destructor exit closed damaged; do
    first_line "" anywhere "$moment" >line
    expect_equal 134 "$status" "status, $moment"
    case $moment in
    closed) expect_equal "" "$(cat err)" "what is said with nothing open" ;;
    *)
        expect_equal "mtalloc: ERROR: heap-buffer-overflow-write size=100 offset=100 damaged=1" \
            "$(cat line)" "$moment"
        ;;
    esac
    [ "$moment" = damaged ] || [ "$moment" = closed ] || grep -q '^  allocated by:' err ||
        fail "$moment: no stack"
done

# The first free of a double one: its caller, or its whole stack where it waits.
program detect/options/freed_twice.c
while read -r option wanted; do
    mkdir -m 700 dir
    first_line "on_error=report,exit=summary,dir=$tmp/dir,$option" freed_twice >line
    expect_equal "mtalloc: ERROR: double-free size=100" "$(cat line)" "$option"
    "$srcdir/tests/detect/freed_by.py" "$srcdir/tests" "$(only_file dir '*.mtalloc')" \
        freed_twice >stack
    expect_equal "$wanted" "$(xargs <stack)" "$option: the first free's stack"
    rm -r dir
done <<'TABLE'
quarantine=off first
quarantine=all main first
TABLE

# Alignments: both values, once per site, and on_error=abort stops.
if command -v "${CXX%% *}" >/dev/null; then
    program detect/options/alignment.cc -L"$builddir" -l:libmtalloc.so -Wl,-rpath,"$builddir"
    first_line log=stderr alignment >/dev/null
    expect_equal 0 "$status" "mismatched alignments go on"
    expect_equal "100 64 32 200 64 16 300 16 128 400 64 32 512 64 256" \
        "$(sed -nE 's/^mtalloc: ERROR: aligned-dealloc-mismatch size=([0-9]+) alignment=([0-9]+) freed_alignment=([0-9]+) id=.*/\1 \2 \3/p' err | xargs)" \
        "mismatched alignments"
    first_line on_error=abort alignment correct >/dev/null
    expect_equal "0 " "$status $(cat err)" "matching alignments"
    first_line on_error=abort alignment >/dev/null
    expect_equal "134 1" "$status $(grep -c ERROR err)" "on_error=abort"
fi

# Nothing is filled that has gone back to the backend.
program detect/options/shrinks.c
for option in fill=off fill=free fill=zero fill=junk preset=test; do
    MALLOC_CONF=dirty_decay_ms:0,muzzy_decay_ms:0 preload "$option" ./shrinks >out 2>err ||
        fail "shrinks with $option: $(cat err)"
    expect_equal "0 wrong" "$(cat out)" "$option: what large blocks gave back"
done

# Fill.
program detect/options/fill.c
while read -r option wanted; do
    preload "fill=$option" ./fill >out 2>err || fail "fill=$option: $(cat err)"
    expect_match "^$wanted\$" out "fill=$option"
done <<'TABLE'
alloc new a5 a5 grown 01 a5 cut .. freed .. zeroed 00
free new .. .. grown 01 .. cut 5a freed 5a zeroed 00
junk new a5 a5 grown 01 a5 cut 5a freed 5a zeroed 00
zero new .. .. grown 01 .. cut 00 freed 00 zeroed 00
TABLE

# An ID named in one run is caught in the next.
program detect/overflow_by_one.c
first_line on_error=report overflow_by_one >/dev/null
id=$(sed -n 's/^mtalloc: ERROR.* id=\([0-9]*\) .*/\1/p' err)
for run in 1 2; do
    first_line "break_on_id=$id" overflow_by_one >/dev/null
    expect_equal "133 " "$status $(cat err)" "SIGTRAP at the allocation, run $run"
done
first_line limit_alloc=5099 fill >/dev/null # a realloc in place
id=$(sed -n 's/^mtalloc: WARNING.* size=5100 id=\([0-9]*\) .*/\1/p' err)
first_line "break_on_id=$id" fill >/dev/null
expect_equal 133 "$status" "SIGTRAP at a realloc"
if command -v gdb >/dev/null; then
    gdb -batch -nx -ex 'set confirm off' -ex "set environment LD_PRELOAD $MTALLOC_SO" \
        -ex "set environment MTALLOC_OPTIONS break_on_id=$id" -ex 'set startup-with-shell off' \
        -ex run -ex backtrace ./overflow_by_one >gdb 2>&1 </dev/null || true
    grep -q SIGTRAP gdb && { expect_match 'allocate_block' gdb "the debugger's stack"; }
fi

# A single large allocation: a warning and an event, once per site, at the limit exactly.
first_line limit_alloc=4999 fill >/dev/null
expect_equal "0 4" "$status $(grep -c '^mtalloc: WARNING: large-allocation size=5[01]00 ' err)" \
    "sites above limit_alloc"
first_line limit_alloc=5100 fill >/dev/null
expect_equal "0 0" "$status $(wc -l <err)" "no allocation above limit_alloc"
mkdir -m 700 dir
first_line "limit_alloc=4999,log_level=error,exit=summary,dir=$tmp/dir" fill >/dev/null
expect_equal "0 0" "$status $(wc -l <err)" "a warning below log_level"
expect_equal 4 "$(grep -c '"kind":"large-allocation"' "$(only_file dir '*.mtalloc')")" "events"

# A write after free as an event, with the stacks of allocation and free.
program detect/options/quarantine.c
for mode in sample all; do
    preload "quarantine=$mode" ./quarantine threads >out 2>err || fail "threads: $(cat err)"
    [ ! -s err ] || fail "threads: $(cat err)"
done
preload quarantine=all ./quarantine fork >out 2>err || fail "fork"
expect_equal "6" "$(cut -d' ' -f1 out)" "signal of the child"
expect_equal "mtalloc: ERROR: write-after-free size=100 offset=7 damaged=1" \
    "$(head -1 err | sed 's/ id=.*//')" "what the child says"
expect_match '^  freed by:$' err "stack of the free"

# The bound on bytes: so much more memory is used, and not all that is freed.
small=$(preload quarantine=all,max_quarantine=1M ./quarantine bound)
large=$(preload quarantine=all,max_quarantine=100M ./quarantine bound)
expect_at_least $((small + 80)) "$large" "MiB with 100M in quarantine"
expect_at_least "$large" $((small + 130)) "MiB with 1M in quarantine, and 130"
expect_equal ok "$(preload quarantine=all,max_quarantine=10G ./quarantine exhaustion >out 2>&1 &&
    echo ok || cat out)" "memory that waits is given back when there is no other"
