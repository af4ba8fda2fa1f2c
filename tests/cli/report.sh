# What `mtalloc report` prints of a summary, held against goldens. `UPDATE_GOLDENS=1` writes
# them anew, to be looked at.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/cli/lib.sh"

m=$MTALLOC_CMD
goldens=$srcdir/tests/cli/goldens
{ echo "$header"; cat "$srcdir/tests/cli/demo.records"; } >"$tmp/records"
seal <"$tmp/records" >"$tmp/demo.mtalloc"
cd "$tmp"

# golden NAME STATUS COMMAND …: its output and messages are those of the golden.
golden() {
    local name=$1 status=0
    local wanted=$2
    shift 2
    "$@" >"$tmp/got" 2>&1 || status=$?
    expect_equal "$wanted" "$status" "status of $name"
    [ -z "${UPDATE_GOLDENS:-}" ] || cp "$tmp/got" "$goldens/$name"
    diff -u "$goldens/$name" "$tmp/got" >&2 || fail "$name differs from its golden"
}

golden sites 0 "$m" report --no-symbols demo.mtalloc
golden peak 0 "$m" report --no-symbols --sort peak -n2 -d1 demo.mtalloc
golden temporary 0 "$m" report --no-symbols --sort=temporary demo.mtalloc
golden tree 0 "$m" report --no-symbols --tree demo.mtalloc
golden tree_depth 0 "$m" report --no-symbols --tree --sort allocated --depth 2 -n3 demo.mtalloc
# Where the C library lies is the machine's matter.
without_places() {
    "$@" | sed 's, /[^ ]*/, DIR/,'
}
golden files_not_found 0 without_places "$m" report -n1 demo.mtalloc
golden stdin 0 "$m" report --no-symbols -n1 -d1 - <demo.mtalloc

# A running program, and one whose blocks were all freed.
sed 's/"exited"/"running"/; s/"exit"/"signal"/' "$tmp/records" | seal >running.mtalloc
golden running 0 "$m" report --no-symbols -n1 -d1 running.mtalloc
sed -E 's/("live(_bytes)?":)[0-9]+/\10/g' "$tmp/records" | seal >freed.mtalloc
golden freed 0 "$m" report --no-symbols -n1 -d1 freed.mtalloc
{ cat "$tmp/records"; cat "$srcdir/tests/cli/leaks.records"; } | seal >leaks.mtalloc
golden leaks 0 "$m" report --no-symbols -n3 -d1 leaks.mtalloc
{ echo "$header"; echo '{"type":"total","allocs":0}'; } | seal >nothing.mtalloc
golden nothing 0 "$m" report nothing.mtalloc

# Depth tells places apart: two stacks that differ in their fourth function.
{
    echo "$header"
    echo '{"type":"total","allocs":2,"live":2,"live_bytes":30,"alloc_bytes":30}'
    echo '{"type":"module","id":1,"name":"demo","build_id":null}'
    for frame in 1:0:10 2:0:20 3:1:30 4:2:30 5:3:40 6:4:40; do
        IFS=: read -r id parent offset <<<"$frame"
        echo '{"type":"frame","id":'"$id"',"parent":'"$parent"',"module":1,"offset":'"$offset"'}'
    done
    for site in 5:10 6:20; do
        echo '{"type":"site","frame":'"${site%:*}"',"allocs":1,"alloc_bytes":'"${site#*:}"',"live":1,"live_bytes":'"${site#*:}"'}'
    done
} | seal >stacks.mtalloc
golden depth_two 0 "$m" report --no-symbols -d2 stacks.mtalloc
golden depth_three 0 "$m" report --no-symbols -d3 stacks.mtalloc

# What a terminal could take for a command, in every text of a summary.
{
    echo "${header/demo/'de\u001b[31mmo\u009b\u202e'}"
    sed 's/"demo"/"de\\u001b]0;x\\u0007mo"/; s/"double-free"/"dou\\u001bble"/' \
        "$srcdir/tests/cli/demo.records"
} | seal >escapes.mtalloc
golden escapes 0 "$m" report --no-symbols -n1 escapes.mtalloc
! LC_ALL=C grep -qP '[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xa8-\xae]' "$tmp/got" ||
    fail "control characters in a report"
