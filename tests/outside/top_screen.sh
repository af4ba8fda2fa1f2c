# The screen of `mtalloc top`, in a terminal of a known size: what it shows, with figures
# masked, and what its keys do.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"
need tmux

program outside/steady.c
cd "$tmp"
env LD_PRELOAD="$MTALLOC_SO" ./steady sleep >truth &
pid=$!
end_with_test $pid
wait_for 20 test -s truth || fail "steady did not start"
expect_status 2 "$MTALLOC_CMD" top "$pid"
! grep -q 'without ncurses' err || skip "built without ncurses"
expect_match 'this is no terminal: use --once or --json' err "without a terminal"

terminal() { tmux -S "$tmp/tmux" "$@"; }
at_end() { terminal kill-server 2>/dev/null; }
screen() { terminal capture-pane -p >screen; }
shows() { screen; grep -Eq -- "$1" screen; }
see() { wait_for 20 shows "$1" || { cat screen >&2; fail "the screen does not show: $1"; }; }

# masked: the screen with N for every figure, spaces and empty lines squeezed.
masked() {
    screen
    sed -E 's/[+-]?[0-9]+(\.[0-9]+)?([KMGT%]|( (s|ms|min|h)\b))?/N/g; s/ +/ /g; s/ $//' screen | cat -s
}

# open COLUMNS LINES
open() {
    rm -f status
    terminal -f /dev/null new-session -d -x "$1" -y "$2" \
        "$MTALLOC_CMD top $pid --filter make_block; echo \$? >status" || skip "tmux does not start"
    see '^l live'
}

cat >wanted <<'END'
steady pid N, running after N only /make_block, every N, by live
live N in N blocks, growth N, peak N
rate N/s by N allocations/s, N frees/s
process RSS N, peak RSS N, CPU N, threads N
jemalloc not asked yet
tracking own tables N, stacks: full

 live blocks growth bytes/s count/s function file:line < caller
 N N N N N make_block steady.c:N < main

l live g growth r rate p peak / filter space pause d dump q quit
END

open 80 24
see '^rate.*frees/s$' # from the second look on
masked >got
diff wanted got >&2 || fail "the screen of 80 columns (<) is not what it should be (>)"

terminal send-keys p
see 'by peak'
see 'growth +bytes/s +peak'
terminal send-keys g
see 'by growth'
terminal send-keys ' '
see '^PAUSED'
terminal send-keys / nonesuch Enter
see 'only /nonesuch'
! shows 'steady\.c' || fail "the filter leaves what it should not"
terminal send-keys / Escape
see '< main|main  steady\.c'
! shows 'only /' || fail "the filter stays"
terminal send-keys ' '
terminal send-keys d
see "^written: steady\.$pid\.mtalloc"
expect_status 0 "$MTALLOC_CMD" report "steady.$pid.mtalloc"
terminal send-keys d
see "^written: steady\.$pid\.2\.mtalloc"
terminal send-keys q
wait_for 20 test -s status || fail "q does not leave"
expect_equal 0 "$(cat status)" "status after q"

# Wide, stopped, and over.
open 120 40
kill -STOP "$pid"
see 'stopped after'
see 'count/s +peak  function'
expect_equal 40 "$(screen; wc -l <screen)" "lines"
kill -KILL "$pid"
see 'ended after'
terminal send-keys q
wait_for 20 test -s status || fail "q does not leave after the end"
expect_equal 0 "$(cat status)" "status after the end"
