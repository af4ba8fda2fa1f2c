# `mtalloc run` reports whatever way the program ends; the status is the program's, or the
# one documented for --fail-on.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"

ulimit -c 0
program outside/ends.c
program threads/fork_once.c
mkdir "$tmp/cwd"
cd "$tmp/cwd"

# run STATUS COMMAND-LINE …: the summary is $tmp/run.mtalloc, the report in $tmp/err.
run() {
    local wanted=$1 status
    shift
    rm -f "$tmp/run.mtalloc"
    status=$(exec 2>/dev/null
        timeout 60 "$MTALLOC_CMD" run -o "$tmp/run.mtalloc" "$@" >"$tmp/out" 2>"$tmp/err" ||
            echo $?)
    [ "${status:-0}" = "$wanted" ] ||
        { cat "$tmp/err" >&2; fail "run $*: wanted status $wanted, got ${status:-0}"; }
}

get() { summary get "$tmp/run.mtalloc" "$1"; }

# counted STATE IMAGES OTHERS: what the summary says, and that the last line of the
# program's own output is its counts.
counted() {
    summary check --still "$tmp/run.mtalloc"
    expect_equal recording "$(get header.reason)" "reason"
    expect_equal ends "$(get header.program)" "program"
    expect_equal "$1 $2 $3" \
        "$(get header.state) $(get header.images) $(get header.other_processes)" \
        "state, images and other processes"
    expect_equal "$(tail -1 "$tmp/out")" \
        "$(summary function "$tmp/run.mtalloc" "$tmp/ends" make_block)" "counts"
    expect_equal 600 "$(stat -c %a "$tmp/run.mtalloc")" "mode of the summary"
}

run 0 -- "$tmp/ends" return
counted exited 1 0
expect_match 'make_block' "$tmp/err" "the report"
expect_match '^[0-9]+$' <(get resource.allocator_allocated) "jemalloc's figures, at the end of a short program"
run 5 -- "$tmp/ends" exit
counted exited 1 0
run 6 -- "$tmp/ends" _exit
counted running 1 0
run 137 -- "$tmp/ends" kill
counted running 1 0
run 134 -- "$tmp/ends" abort
counted running 1 0
run 139 -- "$tmp/ends" segv
counted running 1 0
run 134 -- "$tmp/ends" error
summary check "$tmp/run.mtalloc"
expect_equal "aborted double-free" "$(get header.state) $(get event.kind)" "an error"
expect_match 'double-free' "$tmp/err" "the report of an error"

# The report is of the last image under the command's PID.
run 5 -- sh -c "exec '$tmp/ends' exit"
counted exited 2 0
run 6 -- "$tmp/ends" exec "$tmp/ends" exec /bin/sh -c "exec '$tmp/ends' _exit"
counted running 4 0

# Other processes are counted in one line.
cat >"$tmp/script" <<END
#!/bin/sh
/bin/echo one >/dev/null
/bin/echo two | cat >/dev/null
exec '$tmp/ends' leak-free
END
chmod +x "$tmp/script"
run 0 -- "$tmp/script"
counted exited 2 3
run 0 -- "$tmp/fork_once"
summary check --still "$tmp/run.mtalloc"
expect_equal "1 200 1 200" \
    "$(summary function "$tmp/run.mtalloc" "$tmp/fork_once" in_parent)" "the parent"
expect_equal "0 0 0 0" "$(summary function "$tmp/run.mtalloc" "$tmp/fork_once" in_child)" \
    "the child, which writes into no recording"

# --fail-on.
run 80 --fail-on leaks -- "$tmp/ends" return
counted exited 1 0
run 80 --fail-on leaks,errors -- "$tmp/ends" return
run 0 --fail-on errors -- "$tmp/ends" return
run 0 --fail-on leaks,errors -- "$tmp/ends" leak-free
run 81 --fail-on errors --option on_error=report -- "$tmp/ends" error
run 5 --fail-on errors -- "$tmp/ends" exit

# Options reach the program; the summary is on request, the report is not.
run 0 --option frames=8 -- "$tmp/ends" return
expect_equal 8 "$(get header.frames)" "frames"
expect_status 0 "$MTALLOC_CMD" run -- "$tmp/ends" return
expect_match 'make_block' "$tmp/err" "the report"
expect_equal 1 "$(wc -l <"$tmp/out")" "lines of output"

# What cannot be run.
run 127 -- "$tmp/no-such-program"
[ ! -e "$tmp/run.mtalloc" ] || fail "a summary of nothing"
run 126 -- "$tmp/cwd"
run 2 --nonsense -- "$tmp/ends"
expect_equal 1 "$(wc -l <"$tmp/err")" "lines about a wrong option"

expect_equal "" "$(ls -A "$tmp/cwd")" "files in the working directory"
