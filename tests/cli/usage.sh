# Help, version and options come from the tables; what is not in them is refused in a line.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/cli/lib.sh"

m=$MTALLOC_CMD
expect_status 0 "$m" help
cp "$tmp/out" "$tmp/overview"
for command in run dump top report symbolize options; do
    expect_match "^  $command  " "$tmp/overview" "overview"
    expect_status 0 "$m" help "$command"
    cp "$tmp/out" "$tmp/help"
    expect_match "^usage: mtalloc $command" "$tmp/help" "help of $command"
    expect_status 0 "$m" "$command" --help
    cmp -s "$tmp/out" "$tmp/help" || fail "$command --help is not help $command"
    [ ! -s "$tmp/err" ] || fail "help on stderr"
    refused 2 "no option --nonesuch" "$m" "$command" --nonesuch
done
expect_status 0 "$m" --help
cmp -s "$tmp/out" "$tmp/overview" || fail "--help is not help"
awk 'length > 79 { exit 1 }' "$tmp/overview" "$tmp/help" || fail "help is too wide"

expect_status 0 "$m" --version
expect_match '^mtalloc [0-9]+\.[0-9]+\.[0-9]+$' "$tmp/out" version

# Every row of the table of options, with what its kind shows.
expect_status 0 "$m" options
rows=$(grep -cE '^OPT_[A-Z]+\(' "$srcdir/base/options.def")
expect_at_least 15 "$rows" "options declared"
expect_equal "$rows" "$(grep -c '^[a-z]' "$tmp/out")" "options listed"
expect_match '^stack=off\|caller\|full\|sampled  \[full\]$' "$tmp/out" "an option of names"
expect_match '^max_metadata=4M\.\.4G  \[256M\]$' "$tmp/out" "an option of bytes"
expect_match '^frames=8\.\.512  \[64\]$' "$tmp/out" "an option of numbers"

refused 2 'a command is needed' "$m"
refused 2 'no command nonesuch' "$m" nonesuch
refused 2 'no command nonesuch' "$m" help nonesuch
refused 2 'needs a FILE' "$m" report
refused 2 'one FILE' "$m" report a b
refused 2 '--sort size is none of live peak' "$m" report --sort size a
refused 2 '--top x is not a number' "$m" report --top x a
refused 2 '--top needs a value' "$m" report a --top
refused 2 '--tree takes no value' "$m" report --tree=1 a
refused 2 'no operand' "$m" options a
refused 2 'needs a PID' "$m" dump
refused 2 'needs a PID or' "$m" dump 1 --from x
refused 2 '0x12 is not a process ID' "$m" dump 0x12
refused 2 '0 is not a process ID' "$m" dump 0
refused 2 '99999999999 is not a process ID' "$m" dump 99999999999
refused 2 'needs a PID or NAME' "$m" top
refused 2 'one PID or NAME, not 1 and 2' "$m" top 1 2
refused 2 '--sort size is none of live growth rate peak' "$m" top --sort size 1
refused 2 '--interval 0 is too little' "$m" top -i 0 1
refused 2 '--count 0 is too little' "$m" top -c 0 1
expect_status 0 "$m" top 1 --help
refused 2 'needs a COMMAND' "$m" run --
refused 2 "no option nonesuch" "$m" run --option nonesuch=1 -- true
refused 2 'frames is a number from 8 to 512' "$m" run --option frames=1 -- true
refused 2 'stack is one of off|caller|full|sampled' "$m" run --option stack=some -- true
refused 2 'none of leaks, lost, errors' "$m" run --fail-on leaks,all -- true
refused 2 "stdout is the command's" "$m" run -o - -- true

# A control character in an argument does not reach the terminal.
expect_status 2 "$m" "$(printf 'a\033[31mb\n\302\233c\342\200\256')"
expect_equal 'mtalloc: no command a\x1b[31mb\x0a\xc2\x9bc\xe2\x80\xae (try: mtalloc help)' \
    "$(cat "$tmp/err")" "an escaped message"

# Output that does not arrive is an error.
status=0
"$m" options >/dev/full 2>"$tmp/err" || status=$?
expect_equal 1 "$status" "status with stdout full"
expect_match 'cannot write to stdout' "$tmp/err" "message with stdout full"
