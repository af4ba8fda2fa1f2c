# Each bug ends in its report and SIGABRT; its correct twin is silent; on_error=report goes
# on; off is plain jemalloc, which says nothing.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"

ulimit -c 0
wrong=0
wrong() {
    echo "FAIL: $*" >&2
    cat "$tmp/err" >&2
    wrong=$((wrong + 1))
}

# attempt OPTIONS PROGRAM [ARGUMENT]: sets $status.
attempt() {
    status=$(exec 2>/dev/null # the shell's own word about a signal
        timeout 20 env LD_PRELOAD="$MTALLOC_SO" MTALLOC_OPTIONS="$1" \
            "$tmp/$2" "${@:3}" >"$tmp/out" 2>"$tmp/err" || echo $?)
    status=${status:-0}
}

# The report: one line that names the error, then stacks as module+offset, no addresses.
check_report() {
    local name=$1 expected=$2
    case $expected in
    *size=*) expected="$expected( .*)? id=[1-9][0-9]*" ;;
    esac
    head -1 "$tmp/err" | grep -Eq "^mtalloc: ERROR: $expected\b" ||
        wrong "$name: the first line is not 'mtalloc: ERROR: $expected'"
    [ "$(grep -c 'ERROR' "$tmp/err")" -eq 1 ] || wrong "$name: not one line with ERROR"
    grep -Eq "\b$name\+0x[0-9a-f]+" "$tmp/err" || wrong "$name: no stack in the program"
    ! grep -Eiq '\b(0x)?(5[56]|7[ef])[0-9a-f]{10}\b' "$tmp/err" || wrong "$name: an address"
}

check_bug() {
    local name=$1 expected=$2
    attempt "" "$name"
    [ "$status" -eq 134 ] || wrong "$name: status $status instead of SIGABRT's"
    [ ! -s "$tmp/out" ] || wrong "$name: went on"
    check_report "$name" "$expected"
}

check_goes_on() {
    local name=$1 expected=$2
    attempt "on_error=report" "$name"
    [ "$status" -eq 0 ] || wrong "$name, on_error=report: status $status"
    grep -qx 'went on' "$tmp/out" || wrong "$name, on_error=report: did not go on"
    check_report "$name" "$expected"
}

check_silent() {
    attempt "$@"
    [ "$status" -eq 0 ] || wrong "$*: status $status"
    [ ! -s "$tmp/err" ] || wrong "$*: output"
}

for source in "$srcdir"/tests/detect/*.c; do
    name=$(basename "$source" .c)
    expected=$(sed -n '1s,^/\* expect: \(.*\) \*/$,\1,p' "$source")
    [ -n "$expected" ] || fail "$name.c says not what is expected"
    program "detect/$name.c"
    if [ "$name" = underflow_by_any ]; then
        for distance in $(seq 16); do
            export DISTANCE=$distance
            check_bug "$name" "$expected"
        done
    fi
    check_bug "$name" "$expected"
    check_goes_on "$name" "$expected"
    check_silent "" "$name" correct
    check_silent off "$name" correct
    attempt off "$name"
    ! grep -q mtalloc "$tmp/err" || wrong "$name, off: a report"
done

# What many programs do is reported without an end, except while testing.
if command -v "${CXX%% *}" >/dev/null; then
    program detect/mismatch.cc -Wno-mismatched-new-delete
    attempt "" mismatch
    grep -q 'went on' "$tmp/out" && [ "$status" -eq 0 ] || wrong "mismatch: status $status"
    expect_equal "3 1" "$(grep -c '^mtalloc: ERROR: alloc-dealloc-mismatch size=40 ' \
        "$tmp/err") $(grep -c '^mtalloc: ERROR: sized-dealloc-mismatch size=40 ' "$tmp/err")" \
        "reports of mismatches"
    check_silent preset=test,leaks=off mismatch correct
    attempt preset=test mismatch
    [ "$status" -eq 134 ] || wrong "mismatch, preset=test: status $status"
fi

# The event is in the summary, with the stacks of the error and of the allocation.
mkdir -m 700 "$tmp/dir"
attempt "on_error=report,exit=summary,dir=$tmp/dir" overflow_by_one
file=$(only_file "$tmp/dir" '*.mtalloc')
/usr/bin/python3 - "$srcdir/tests" "$file" "$tmp/overflow_by_one" <<'END' || wrong "event"
import sys
sys.path.insert(0, sys.argv[1])
from summary import Summary, symbols_of
summary, symbols = Summary(sys.argv[2]), symbols_of(sys.argv[3:])
summary.check()
event, = summary.of["event"]
assert event["kind"] == "heap-buffer-overflow-write", event
assert event["size"] == 24 and event["id"] > 0, event
assert summary.stack(event["alloc_frame"], symbols)[-3:] == ["main", "run", "allocate_block"]
assert summary.stack(event["error_frame"], symbols)[-3:] == ["main", "run", "release_block"]
END

[ "$wrong" -eq 0 ] || fail "$wrong checks"
