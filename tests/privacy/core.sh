# What a core holds: never the page with the keys of headers; under dontdump=heap nothing of
# any block. Without the option the heap is there, as it is for any program.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"
need readelf
[ "$(cat /proc/sys/kernel/core_pattern)" = core ] || skip "cores do not go to the working directory"
ulimit -c unlimited 2>/dev/null || skip "no cores here"

# Bound at start: resolving a call later saves registers on the stack.
program privacy/core.c -Wl,-z,now
cd "$tmp"
word=QMWNEBRVTCYXUZ
next=$(python3 -c 'import sys; print("".join(chr(ord(c) + 1) for c in sys.argv[1]))' "$word")

# dumped OPTIONS: the program's core is $tmp/core.
dumped() {
    local status=0
    rm -f core core.[0-9]*
    (exec 2>/dev/null; preload "$1" timeout 60 "$tmp/core_" "$word" >out) || status=$?
    [ -e core ] || mv core.[0-9]* core 2>/dev/null || skip "no core was written (status $status)"
}
mv "$tmp/core" "$tmp/core_"

# key_page_bytes: how many bytes of the page with the keys are in the core.
key_page_bytes() {
    local base offset
    base=0x$(sed -n '1s/-.*//p' out)
    offset=$("$NM" "$MTALLOC_SO" | awk '$3 == "mt_header_keys" { print "0x" $1 }')
    [ -n "$offset" ] || fail "no symbol mt_header_keys"
    readelf -lW core | python3 -c '
import sys
at = int(sys.argv[1], 16) + int(sys.argv[2], 16)
found = [int(f[4], 16) for f in map(str.split, sys.stdin)
         if f[:1] == ["LOAD"] and int(f[2], 16) <= at < int(f[2], 16) + int(f[5], 16)]
print(*found)' "$base" "$offset"
}

dumped ""
grep -qaF "$word" core || fail "the global is not in the core: nothing is shown"
grep -qaF "$next" core || fail "the heap is not in the core without the option"
expect_equal 0 "$(key_page_bytes)" "bytes of the key page in a core"

dumped dontdump=heap
grep -qaF "$word" core || fail "the global is not in the core"
! grep -qaF "$next" core || fail "a block's contents are in the core"
expect_equal 0 "$(key_page_bytes)" "bytes of the key page in a core"
