# Leaks at the command: what a report shows of them, --fail-on lost, --suppressions.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/cli/lib.sh"
command -v "${CXX%% *}" >/dev/null || skip "there is no C++ compiler"

m=$MTALLOC_CMD
cd "$tmp"
$CXX -std=c++17 -g -O1 -fno-builtin -o lost "$srcdir/tests/cli/lost.cc" || fail "cannot compile"

expect_status 82 "$m" run -o summary --fail-on lost -- ./lost 3
expect_match '^mtalloc: failed: 4 blocks were lost$' err "what failed"
expect_no_match '^mtalloc: WARNING' err "the library's own lines"
expect_match '^Looked for leaks after ' err "heading"
expect_match '^lost +3,022 bytes in 4 blocks$' err "sum"
expect_match '^lost: 3,000 bytes in 3 blocks, the oldest at most ' err "a site"
expect_match '^  allocated in inlined \(inlined\)  lost\.cc:[0-9]+$' err "its stack"
expect_equal 4 "$(grep -cE '^lost block [0-9]+: (1,000|22) bytes, at most ' err)" "single blocks"
expect_status 0 "$m" report summary
expect_match '^lost: 22 bytes in 1 block, ' out "report"
expect_status 0 "$m" report --top 1 summary
expect_match '^and 1 more place$' out "report --top 1"
expect_status 0 "$m" sanitize -o strict summary
expect_equal "2 4 3022" "$(grep -c '"type":"leak",' strict) $(grep -c '"type":"block".*"size":\(1024\|32\),' strict) $(sed -n 's/.*"lost_bytes":\([0-9]*\).*/\1/p' strict)" "strict"

expect_status 0 "$m" run --fail-on lost -- ./lost 0
expect_status 80 "$m" run --fail-on leaks,lost -- ./lost 3
expect_status 125 "$m" run --fail-on lost -- ./lost 0 exit
expect_match '^mtalloc: failed: nobody looked for lost blocks' err "_exit"
expect_status 0 "$m" run --fail-on lost -- ./lost 0 blocked
expect_status 125 "$m" run --fail-on lost -- ./lost 3 blocked
expect_match '^mtalloc: failed: nobody can tell whether blocks were lost \(threads\)$' err "a thread"
printf 'leak:inlined\nleak:strdup\n' >list
expect_status 0 "$m" run --suppressions list --fail-on lost -- ./lost 3 blocked
expect_status 125 "$m" run --option exit_budget_ms=0 --fail-on lost -- ./lost 0
expect_match '^mtalloc: failed: nobody can tell whether blocks were lost \(late\)$' err "no time"
expect_status 125 "$m" run --option leaks=sites --fail-on lost -- ./lost 0

# Patterns: what is left to fail, of 3 blocks through main, lose_some and inlined, and one
# through main, deep::keeper::lose_text and libc.
while read -r status pattern; do
    echo "leak:$pattern" >list
    expect_status "$status" "$m" run --suppressions list --fail-on lost -- ./lost 3
done <<'TABLE'
0 main
0 ^main$
82 ^ain
82 mai$
0 lost.cc
0 *cc
82 lose_some
82 ^lose_some$
82 keeper::*text
82 ^deep::*text$
82 ^keeper
0 ^lost$
0 libc.so
82 nothing
82 los*so*e$
0 l*t*.cc$
82 m*n$n
TABLE
printf '# two\n\n  leak:inlined\r\nleak:strdup \n' >list
expect_status 0 "$m" run --suppressions list --fail-on lost -- ./lost 3
expect_match '^suppressed: 2 places$' err "how many"
expect_no_match '^lost: ' err "those suppressed"
expect_status 0 "$m" run --suppressions list --fail-on leaks -- ./lost 3
echo leak:inlined >one; echo leak:strdup >two
expect_status 82 "$m" run --suppressions one --fail-on lost -- ./lost 3
expect_match '^mtalloc: failed: 1 block was lost$' err "one of two"
expect_status 0 "$m" run --suppressions one --suppressions two --fail-on lost -- ./lost 3
expect_status 0 "$m" report --suppressions list summary
expect_match '^suppressed: 2 places$' out "report --suppressions"

refused 2 'cannot open absent: No such file' "$m" run --suppressions absent -- ./lost 0
echo race:main >list
refused 2 'list line 1 is not of the form leak:PATTERN' "$m" report --suppressions list summary
echo leak: >list
refused 2 'list line 1 is not of the form leak:PATTERN' "$m" report --suppressions list summary
refused 2 '--fail-on lose is none of leaks, lost, errors' "$m" run --fail-on lose -- ./lost 0
