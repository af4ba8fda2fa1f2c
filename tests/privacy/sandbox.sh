# A program that locks itself in with a seccomp filter that kills is not killed for what the
# library would do: that is left out, and said once. Under a filter from before the start, as
# in a container, summaries are written.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"
need jq

ulimit -c 0
library=$(dirname "$MTALLOC_SO")
program privacy/cage.c -I"$srcdir"
program privacy/caged.c -I"$srcdir" -L"$library" -Wl,-rpath,"$library" -lmtalloc

# caged OPTIONS COMMAND …: its output in $tmp/out, messages in $tmp/err, summary in $tmp/fd.
caged() {
    rm -rf "$tmp/files" "$tmp/fd"
    mkdir -m 700 "$tmp/files"
    status=0
    (exec 2>/dev/null; cd "$tmp" && timeout 60 env \
        MTALLOC_OPTIONS="dir=$tmp/files,on_error=report,exit=summary,check=exit,min_dump_interval=0${1:+,$1}" \
        "${@:2}" >"$tmp/out" 2>"$tmp/err" 3>"$tmp/fd") || status=$?
    [ "$status" != 77 ] || skip "no seccomp filters here"
}
files() { find "$tmp/files" -type f | wc -l; }
# works WHAT: all that there is to get was got, by parent and child each: by signal, twice by
# the API, at the exit.
works() {
    expect_equal "0 parent 0 0 0 0 child 0 0 0 0" "$status $(xargs <"$tmp/out")" "$1"
    expect_equal 8 "$(files)" "summaries: $1"
    expect_no_match 'sandboxed' "$tmp/err" "$1"
}
# left_out WHAT: nothing was opened; the summary to a descriptor is whole but for what the
# kernel would have to be asked for.
left_out() {
    expect_equal "0 parent -1 -1 0 -1 child -1 -1 0 -1" "$status $(xargs <"$tmp/out")" "$1"
    expect_equal 0 "$(files)" "summaries: $1"
    expect_equal 2 "$(grep -c '^mtalloc: warning: sandboxed not_done=' "$tmp/err")" \
        "lines about it, one a process: $1"
    expect_equal 2 "$(grep -c '^mtalloc: ERROR: double-free' "$tmp/err")" "error reports: $1"
    expect_equal 2 "$(grep -c '"type":"end"' "$tmp/fd")" "summaries to a descriptor: $1"
    expect_equal null "$(jq -c 'select(.type == "resource").rss_bytes' "$tmp/fd" | sort -u)" "$1"
    expect_equal 4 "$(jq -s 'map(select(.type == "total").dumps_failed)[0] + 1' "$tmp/fd")" \
        "summaries that failed, as counted: $1"
}

caged "" ./caged free
works "no filter"
caged "" ./caged kill
left_out "a filter after the start"
expect_match 'option=sandbox$' "$tmp/err" "the option is named"
caged "" ./caged only
left_out "a filter that allows what is documented"
# The option says that the filter kills for nothing; then it does kill.
caged sandbox=ignore ./caged kill
expect_equal 159 "$status" "status under sandbox=ignore: SIGSYS"

# A filter was in force before the start: the loader opened files under it, and so may we.
# Without new privileges (which the filter needs) only the filters' number tells of another.
for action in kill errno; do
    caged "" ./cage $action ./caged kill
    left_out "a second filter, after one that does $action"
done
caged "check=off" ./cage errno ./caged free
expect_equal "0 parent 0 0 0 -1 child 0 0 0 -1" "$status $(xargs <"$tmp/out")" "a filter from before"
expect_equal 8 "$(files)" "summaries under a filter from before"
expect_no_match sandboxed "$tmp/err" "a filter from before"
expect_equal 0 "$(jq 'select(.type == "resource").rss_bytes' "$tmp"/files/* | grep -c null)" "resources"

# A static program, whose start needs no file: its filter may refuse all of them from before.
echo 'int main(void) { return 0; }' >"$tmp/none.c"
if $CC -static -o "$tmp/none" "$tmp/none.c" 2>/dev/null; then
    trap '' USR1 # the policy that cannot be read leaves the signal alone
    program privacy/caged.c -I"$srcdir" -static -Wl,--eh-frame-hdr "$builddir/libmtalloc.a"
    caged "" ./cage shut ./caged kill
    expect_equal "0 parent -11 -11 -11 -1 child -11 -11 -11 -1" "$status $(xargs <"$tmp/out")" \
        "no file can be opened at all"
    expect_match '^mtalloc: error: policy-problem .*cannot be opened: nothing is written' "$tmp/err" \
        "the policy, which is not known"
    expect_equal 2 "$(grep -c sandboxed "$tmp/err")" "lines about it, one a process"
fi
