# `mtalloc run`: the command's own streams and status, a report whichever way it ends, and a
# clear word where there can be none.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/cli/lib.sh"

m=$MTALLOC_CMD
helper sample.c -fno-builtin
cd "$tmp"
leak='^ +9\.8K +10 +9\.8K +9\.8K +10 +0%  keep  sample\.c:[0-9]+$'

# ended STATUS ENDING HOW: the sample ends so; the report says it and names the line.
ended() {
    expect_status "$1" "$m" run -- ./sample "$3"
    expect_match "^sample  pid [0-9]+, $2 after [0-9.]+ s\$" "$tmp/err" "ending by $3"
    expect_match "$leak" "$tmp/err" "the leak after $3"
    [ ! -s "$tmp/out" ] || fail "the report of $3 is on stdout"
}
ended 0 'exited with status 0' 0
ended 7 'exited with status 7' 7
ended 3 'exited with status 3 by _exit \(no destructors ran\)' _exit
ended 137 'killed by SIGKILL' kill
expect_match '^Live at the end: 9.8K in 1 place$' "$tmp/err" "live at the end"

expect_status 0 "$m" run -- ./sample tidy
expect_equal tidy "$(cat "$tmp/out")" "the command's output"
expect_match '^allocated +1[0-9],[0-9]{3} +1[01]' "$tmp/err" "totals"

expect_status 134 "$m" run -- ./sample overflow
expect_match 'stopped by a heap error \(SIGABRT\)' "$tmp/err" "ending by a heap error"
expect_match '^heap-buffer-overflow-write after' "$tmp/err" "the event"
expect_match '^  found in     release  sample.c:[0-9]+$' "$tmp/err" "where it was found"
expect_match '^  allocated in keep  sample.c:[0-9]+$' "$tmp/err" "where it was allocated"

# The last image under the PID; other processes in one line.
expect_status 0 "$m" run -- ./sample exec
expect_match '^sleep  pid' "$tmp/err" "the last image"
expect_match '^note +earlier programs under this PID: 1;' "$tmp/err" "images"
expect_status 0 "$m" run -- /bin/sh -c './sample 0; ./sample 0; :'
expect_match '^note +other processes under the library: 2; not' "$tmp/err" "other processes"

# A script is what its interpreter does; stdin is the command's; so are its options.
printf '#!/bin/sh\nread line; echo "$line $1"\n' >script
chmod +x script
expect_equal "typed --top" "$(echo typed | "$m" run ./script --top 2>/dev/null)" "a script"
echo 'echo "shell $1"' >script
expect_equal "shell x" "$("$m" run ./script x 2>/dev/null)" "a script without #!"
mkdir bin && cp sample bin/in_path
PATH=$tmp/bin:$PATH expect_status 7 "$m" run in_path 7
expect_match 'keep  sample.c' "$tmp/err" "a command along PATH"

# Options for the library and the report.
expect_status 0 "$m" run --option stack=caller --option=frames=8 --top 1 --depth 1 -- ./sample 0
expect_match '^tracking .*stacks: caller' "$tmp/err" "an option of the library"
MTALLOC_OPTIONS=stack=caller expect_status 0 "$m" run --option stack=full -- ./sample 0
expect_no_match 'stacks: caller' "$tmp/err" "--option against MTALLOC_OPTIONS"
expect_status 0 "$m" run --tree -- ./sample 0
expect_match '^  9\.8K  100%  main  sample.c' "$tmp/err" "a tree"

# --fail-on.
expect_status 80 "$m" run --fail-on leaks -- ./sample 0
expect_match '^mtalloc: failed: 10,000 bytes were never freed$' "$tmp/err" "leaks"
expect_status 80 "$m" run --fail-on errors,leaks -- ./sample _exit
expect_status 0 "$m" run --fail-on leaks,errors -- ./sample tidy
expect_status 137 "$m" run --fail-on leaks,errors -- ./sample kill
expect_status 81 "$m" run --fail-on errors -- ./sample overflow
expect_status 134 "$m" run --fail-on leaks -- ./sample overflow

# -o: a whole summary, for its owner only; what cannot be written is said before the start.
expect_status 7 "$m" run -o kept.mtalloc -- ./sample 7
expect_equal 600 "$(stat -c %a kept.mtalloc)" "mode of the summary"
expect_status 0 "$m" report kept.mtalloc
expect_match "$leak" "$tmp/out" "the kept summary"
[ -z "$(find . -name '.*.part')" ] || fail "a temporary file stays"
ln -s kept.mtalloc link
mkdir directory
for target in absent/x link directory; do
    expect_status 125 "$m" run -o $target -- touch started
    one_line "$tmp/err" "-o $target"
    expect_match "cannot write $target: (No such file|it is a (symbolic link|directory))" \
        "$tmp/err" "-o $target"
    [ ! -e started ] || fail "-o $target: the command was started"
done
"$m" run -o >(cat >piped) -- ./sample 0 2>/dev/null
wait_for 10 grep -q '"type":"end"' piped || fail "-o PIPE got no whole summary"

# Commands that cannot be run.
refused 127 'cannot run ./absent: No such file' "$m" run -- ./absent
refused 127 'cannot run mtalloc-absent: there is no such command' "$m" run -- mtalloc-absent
refused 126 'cannot run directory/: it is a directory' "$m" run -- directory/
: >plain
refused 126 'cannot run ./plain: it is not executable' "$m" run -- ./plain
printf '#!/nonesuch\n' >script
refused 126 'cannot run ./script: No such file' "$m" run -- ./script
MTALLOC_LIBRARY=/nonesuch refused 125 'cannot find /nonesuch, which MTALLOC_LIBRARY names' \
    "$m" run -- true

# Commands that cannot be counted are run, with one line.
if helper sample.c -static 2>/dev/null; then
    refused 7 'sample will not be counted: it is statically linked' "$m" run -- ./sample 7
    expect_status 125 "$m" run -o kept2 -- ./sample 0
    [ ! -e kept2 ] || fail "a summary of nothing"
    # The library is in these: nothing is loaded into them, and all is counted.
    for how in "-static -Wl,--eh-frame-hdr" -static-pie; do
        # shellcheck disable=SC2086 # two words
        "$CC" -D_GNU_SOURCE -g -O1 -fno-builtin -pthread -o sample \
            "$srcdir/tests/cli/sample.c" $how "$builddir/libmtalloc.a" || fail "linking $how"
        ended 7 'exited with status 7' 7
        expect_no_match 'will not be counted' "$tmp/err" "$how with libmtalloc.a"
    done
fi
helper sample.c
refused 7 'nothing was counted: .* is option off set' "$m" run --option off=1 -- ./sample 7

# Signals for `mtalloc run` go to the command; the report still comes.
"$m" run -- ./sample wait >ready 2>report &
run=$!
end_with_test $run
wait_for 20 grep -q ready ready || fail "the sample did not start"
kill -TERM $run
status=0
wait $run || status=$?
expect_equal 143 $status "status after SIGTERM"
expect_match '^sample  pid [0-9]+, killed by SIGTERM after' report "the report after SIGTERM"
