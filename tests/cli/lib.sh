# Helpers for the tests of the command: source after tests/lib.sh.

# A compiler's helper program from tests/cli, into $tmp.
helper() {
    local compiler=$CC
    case $1 in *.cc) compiler=$CXX ;; esac
    "$compiler" -D_GNU_SOURCE -g -O1 "${@:2}" -o "$tmp/$(basename "${1%.*}")" \
        "$srcdir/tests/cli/$1" || fail "cannot compile $1"
}

helper seal.c

# seal: records on stdin, a whole summary on stdout.
seal() {
    "$tmp/seal"
}

header='{"type":"header","format":"mtalloc-summary","version":1,"library":"0.1.0",'
header+='"privacy":"standard","reason":"exit","state":"exited","program":"demo","pid":4711,'
header+='"sequence":1,"time_unix_ms":1700000000000,"uptime_ms":2345,"arch":"x86_64",'
header+='"stack":"full","frames":64,"images":1,"other_processes":0}'

# one_line FILE WHAT: a message is one line that begins with the command's name.
one_line() {
    expect_equal 1 "$(wc -l <"$1")" "$2: lines on stderr"
    expect_match '^mtalloc: .' "$1" "$2: message"
}

# refused STATUS REGEX COMMAND …: ends with STATUS and one line that matches, no output.
refused() {
    local status=$1 wanted=$2
    shift 2
    expect_status "$status" "$@"
    one_line "$tmp/err" "$*"
    expect_match "$wanted" "$tmp/err" "$*"
    [ ! -s "$tmp/out" ] || fail "$*: something on stdout"
}
