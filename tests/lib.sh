# Helpers for shell tests: source "$srcdir/tests/lib.sh" first.
#
# `make check` sets srcdir, builddir, MTALLOC_SO and MTALLOC_CMD; a test run by hand finds
# them from its own place and BUILD (default: build/ in the source tree).
set -euo pipefail

srcdir=${srcdir:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}
builddir=${builddir:-${BUILD:-$srcdir/build}}
MTALLOC_SO=${MTALLOC_SO:-$(realpath -m "$builddir/libmtalloc.so")}
MTALLOC_CMD=${MTALLOC_CMD:-$builddir/mtalloc}
CC=${CC:-gcc}
CXX=${CXX:-g++}
NM=${NM:-nm}
unset MTALLOC_OPTIONS LD_PRELOAD MALLOC_CONF
export LC_ALL=C.UTF-8

# A directory of the test's own, removed at its end with what still runs from it. A test
# that has more to end defines at_end.
tmp=$(mktemp -d "${TMPDIR:-/tmp}/mtalloc-test.XXXXXX")
# One in memory, for recordings: the library warns of a disk.
memory=$(mktemp -d /dev/shm/mtalloc-test.XXXXXX 2>/dev/null) || memory=$tmp
declare -a test_pids=()
test_end() {
    local status=$?
    local pid
    ! declare -F at_end >/dev/null || at_end || true
    for pid in "${test_pids[@]}"; do
        kill -KILL "$pid" 2>/dev/null || true
    done
    rm -rf "$tmp" "$memory"
    exit "$status"
}
trap test_end EXIT

# Ends process PID with the test, however that ends.
end_with_test() {
    test_pids+=("$1")
}

fail() {
    echo "FAIL: $*" >&2
    exit 1
}

# Automake's code for a test that cannot run here.
skip() {
    echo "SKIP: $*" >&2
    exit 77
}

# need COMMAND …: skips the test unless all of them are installed.
need() {
    local command
    for command; do
        command -v "$command" >/dev/null || skip "$command is not installed"
    done
}

# expect_equal WANTED GOT WHAT
expect_equal() {
    [ "$1" = "$2" ] || fail "$3: wanted '$1', got '$2'"
}

# expect_at_least LEAST GOT WHAT
expect_at_least() {
    [ "$2" -ge "$1" ] || fail "$3: wanted at least $1, got '$2'"
}

# expect_match EXTENDED-REGEX FILE WHAT
expect_match() {
    grep -Eq -- "$1" "$2" || { cat "$2" >&2; fail "$3: no line matches /$1/"; }
}

# expect_no_match EXTENDED-REGEX FILE WHAT
expect_no_match() {
    ! grep -E -- "$1" "$2" >&2 || fail "$3: a line matches /$1/"
}

# expect_status STATUS COMMAND …: runs it, output into $tmp/out and $tmp/err.
expect_status() {
    local wanted=$1 got=0
    shift
    "$@" >"$tmp/out" 2>"$tmp/err" || got=$?
    [ "$got" -eq "$wanted" ] ||
        { cat "$tmp/out" "$tmp/err" >&2; fail "$*: wanted status $wanted, got $got"; }
}

# preload OPTIONS COMMAND …: runs COMMAND with the library and options ("" for none).
preload() {
    local options=$1
    shift
    env LD_PRELOAD="$MTALLOC_SO" ${options:+MTALLOC_OPTIONS="$options"} "$@"
}

# wait_for SECONDS COMMAND …: tries COMMAND until it succeeds.
wait_for() {
    local tries=$(($1 * 20))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $((tries -= 1)) -gt 0 ] || return 1
        sleep 0.05
    done
}

# only_file DIRECTORY PATTERN: prints the one file that matches; fails on none or several.
only_file() {
    local found
    found=$(find "$1" -maxdepth 1 -name "$2" -type f)
    [ -n "$found" ] || fail "no $2 in $1"
    [ "$(wc -l <<<"$found")" -eq 1 ] || fail "several $2 in $1: $found"
    echo "$found"
}
