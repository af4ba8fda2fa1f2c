# fork from a threaded program, and the summaries of a parent and a child.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"

program threads/fork_often.c
program threads/fork_once.c

expect_status 0 timeout 120 env LD_PRELOAD="$MTALLOC_SO" "$tmp/fork_often"
[ ! -s "$tmp/err" ] || fail "fork_often: $(cat "$tmp/err")"

# Half of the children end by exit and leave a summary; the parent's is exact.
mkdir -m 700 "$tmp/often" "$tmp/once"
expect_status 0 timeout 120 env LD_PRELOAD="$MTALLOC_SO" \
    MTALLOC_OPTIONS="exit=summary,dir=$tmp/often" "$tmp/fork_often"
expect_equal 251 "$(find "$tmp/often" -name '*.mtalloc' | wc -l)" "fork_often: summaries"
summary check "$tmp"/often/*.mtalloc
largest=$(find "$tmp/often" -name '*.mtalloc' -printf '%T@ %p\n' | sort -n | tail -1)
summary check --still "${largest#* }"
expect_equal "$(cat "$tmp/out")" \
    "$(summary function "${largest#* }" "$tmp/fork_often" make_block)" "fork_often: counts"

expect_status 0 timeout 20 env LD_PRELOAD="$MTALLOC_SO" \
    MTALLOC_OPTIONS="exit=summary,dir=$tmp/once" "$tmp/fork_once"
read -r parent child <"$tmp/out"
for file in "$tmp"/once/*.mtalloc; do
    summary check --still "$file"
    pid=$(summary get "$file" header.pid)
    in_parent=$(summary function "$file" "$tmp/fork_once" in_parent)
    in_child=$(summary function "$file" "$tmp/fork_once" in_child)
    case $pid in
    "$parent") expect_equal "1 200 1 200, 0 0 0 0" "$in_parent, $in_child" "parent" ;;
    "$child") expect_equal "0 0 0 0, 1 300 1 300" "$in_parent, $in_child" "child" ;;
    *) fail "a summary of process $pid" ;;
    esac
done
expect_equal 2 "$(find "$tmp/once" -name '*.mtalloc' | wc -l)" "fork_once: summaries"
