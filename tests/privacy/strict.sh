# privacy=strict: no names, rounded sizes of single blocks; whatever way the summary leaves.
# `mtalloc sanitize` makes of a standard summary what the option would have written.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"
. "$srcdir/tests/cli/lib.sh"

m=$MTALLOC_CMD
program privacy/determined.c

# The fields that differ between two runs, and what a run was asked for.
blank() {
    sed -E -e '/^\{"type":"header"/s/"(pid|time_unix_ms|uptime_ms)":[0-9]+/"\1":X/g' \
        -e '/^\{"type":"resource"/s/"([a-z_]+)":([0-9]+|null)/"\1":X/g' \
        -e '/^\{"type":"event"/s/"at_ms":[0-9]+/"at_ms":X/' \
        -e '/^\{"type":"end"/s/"xxh3":"[0-9a-f]{16}"/"xxh3":X/' "$1"
}

profile determined
cp "$summary_file" "$tmp/standard"
grep -q '"name":"determined"' "$tmp/standard" || fail "a standard summary has no names"
profile_options=privacy=strict profile determined
cp "$summary_file" "$tmp/strict"
expect_no_match 'determined|libc|ld-linux' "$tmp/strict" "names in a strict summary"
expect_no_match 'determined' <(basename "$summary_file") "the file's name"
expect_match '"privacy":"strict"' "$tmp/strict" "its level"
"$m" sanitize "$tmp/standard" -o "$tmp/lowered"
expect_equal 600 "$(stat -c %a "$tmp/lowered")" "mode of what sanitize makes"
summary check --still "$tmp/lowered" || fail "sanitize writes no whole summary"
blank "$tmp/strict" >"$tmp/wanted"
blank "$tmp/lowered" | diff "$tmp/wanted" - >"$tmp/difference" ||
    { head -20 "$tmp/difference" >&2; fail "a lowered summary (>) is not a strict one (<)"; }
"$m" sanitize - <"$tmp/strict" | cmp - "$tmp/strict" || fail "a strict summary is changed"

# Functions are found by build IDs, as they are with names: sites and figures agree.
"$m" report --no-symbols "$tmp/strict" >"$tmp/report"
expect_match 'build-id:[0-9a-f]{12}' "$tmp/report" "what a nameless module is called"
"$m" report --path "$tmp" "$tmp/strict" >"$tmp/report"
expect_match ' keep +determined\.c:' "$tmp/report" "functions of a strict summary"

# From outside, and of a recording: the process's own choice holds.
"$m" run --option privacy=strict -o "$tmp/recorded" -- "$tmp/determined" >/dev/null 2>&1
expect_no_match 'determined' "$tmp/recorded" "names in a strict recording's summary"
LD_PRELOAD=$MTALLOC_SO MTALLOC_OPTIONS=privacy=strict sleep 60 &
end_with_test $!
wait_for 20 "$m" dump $! -o "$tmp/outside" || fail "no summary from outside"
expect_match '"privacy":"strict"' "$tmp/outside" "level of a summary from outside"
expect_no_match 'sleep|libc' "$tmp/outside" "names in a strict summary from outside"

# An error report calls modules by their builds, and is symbolized by them.
"$CC" -g -O1 -fno-builtin -D_GNU_SOURCE -I"$srcdir/tests" -o "$tmp/customer" \
    "$srcdir/tests/detect/overflow_by_one.c" || fail "cannot compile"
report() {
    preload "on_error=report,privacy=$1" "$tmp/customer" >"$tmp/out" 2>"$tmp/log" || fail "the program"
}
report standard
expect_match '^    #[0-9]+ customer\+0x' "$tmp/log" "a standard report"
report strict
expect_match '^mtalloc: ERROR: heap-buffer-overflow-write ' "$tmp/log" "a strict report"
expect_no_match 'customer|libc|\.so' "$tmp/log" "names in a strict report"
build=$(readelf -n "$tmp/customer" | sed -n 's/.*Build ID: //p')
expect_match "^    #[0-9]+ build-id:${build:0:12}\\+0x" "$tmp/log" "a place in a strict report"
expect_match "^  module build-id:${build:0:12} $build\$" "$tmp/log" "its module"
"$m" symbolize --path "$tmp" "$tmp/log" >"$tmp/text"
expect_match '^    #[1-3] main  bug.h:[0-9]+$' "$tmp/text" "a function of a strict report"

# Sizes of single blocks, in events; what is unknown, or a name, is not copied.
seal >"$tmp/made" <<END
$header
{"type":"total","allocs":1,"alloc_bytes":1000,"note":"secret"}
{"type":"module","id":7,"name":"customer","build_id":"0011"}
{"type":"module","id":8,"name":"[cut]","build_id":null}
{"type":"module","id":9,"name":"[customer]","build_id":null}
{"type":"frame","id":1,"parent":0,"module":7,"offset":77}
{"type":"site","sig":"0000000000000001","frame":1,"allocs":1,"alloc_bytes":1000}
{"type":"event","kind":"sized-dealloc-mismatch","at_ms":5,"id":9,"size":1000,"value":1025}
{"type":"event","kind":"sites-omitted","at_ms":5,"id":0,"size":0,"value":5}
{"type":"news","name":"customer","number":7}
END
expect_status 0 "$m" sanitize "$tmp/made"
expect_no_match 'customer|secret|demo' "$tmp/out" "names in a lowered summary"
expect_match '"alloc_bytes":1000\}$' "$tmp/out" "sums stay"
expect_match '"name":"\[cut\]"' "$tmp/out" "pseudo modules keep their names"
expect_match '"size":1024,"value":2048' "$tmp/out" "sizes of blocks"
expect_match '"size":0,"value":5\}' "$tmp/out" "a number of sites"
expect_match '"records":9,' "$tmp/out" "records are counted anew"
"$m" report --no-symbols "$tmp/out" >/dev/null || fail "the checksum does not match"

# What is truncated stays so; what is no summary is refused, and nothing is made.
head -n 5 "$tmp/made" >"$tmp/short"
expect_status 4 "$m" sanitize "$tmp/short" -o "$tmp/half"
expect_equal 5 "$(wc -l <"$tmp/half")" "lines of a truncated summary"
expect_no_match '"end"' "$tmp/half" "an end made up"
sed 's/"id":9,"size":1000/"id":9,"size":1001/' "$tmp/made" >"$tmp/changed"
expect_status 4 "$m" sanitize "$tmp/changed" -o "$tmp/half"
expect_no_match '"end"' "$tmp/half" "an end of a changed summary"
refused 3 'is not a summary' "$m" sanitize "$srcdir/README.md" -o "$tmp/none"
[ ! -e "$tmp/none" ] || fail "a file was made of no summary"
refused 2 'needs a FILE' "$m" sanitize
