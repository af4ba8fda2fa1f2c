# A library's report on stderr, behind whatever a log daemon puts before it, gets functions
# and lines; everything else goes through untouched.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/cli/lib.sh"

m=$MTALLOC_CMD
cd "$tmp"
for compiler in "$CC" clang; do
    command -v "$compiler" >/dev/null || continue
    "$compiler" -g -O1 -fno-builtin -D_GNU_SOURCE -I"$srcdir/tests" -o overflow \
        "$srcdir/tests/detect/overflow_by_one.c" || fail "cannot compile"
    preload on_error=report ./overflow >out 2>report || fail "the program"
    line=$(grep -n 'free(block)' "$srcdir/tests/detect/bug.h" | head -1 | cut -d: -f1)
    (cd / && "$m" symbolize --path "$tmp" "$tmp/report") >text
    expect_match "^    #0 release_block  bug.h:$line\$" text "$compiler: where it was found"
    expect_match '^    #[1-3] main  bug.h:[0-9]+$' text "$compiler: main"
    expect_match '^    #0 allocate_block  bug.h:[0-9]+$' text "$compiler: the allocation"
done
expect_equal "$(head -1 report)" "$(head -1 text)" "the first line"
expect_no_match '#.*overflow\+0x' text "a place of the program left as it was"

# Inlined functions have lines of their own.
helper places.c -O2
offset=$(./places | sed -n 's/^inlined //p')
id=$(readelf -n places | sed -n 's/.*Build ID: //p')
{
    echo 'first #1 and places+0x12 in the middle of a line'
    printf 'Nov 12 10:00:01 host a[7]:     #3 places+0x%x\n' "$offset"
    echo 'Nov 12 10:00:01 host a[7]:   module places '"$id"
    printf '    #0 places+0x%x\n' "$offset"
    echo '    #1 [cut]+0x0'
    printf 'no newline at the end'
} >log
"$m" symbolize - <log >text 2>err
expect_equal 'first #1 and places+0x12 in the middle of a line
Nov 12 10:00:01 host a[7]:     #3 innermost (inlined)  places.c
Nov 12 10:00:01 host a[7]:     #3 middle (inlined)  places.c
Nov 12 10:00:01 host a[7]:     #3 outermost  places.c
Nov 12 10:00:01 host a[7]:   module places '"$id" "$(sed 's/\.c:[0-9]*$/.c/' text | head -5)" \
    "a log with prefixes"
printf '    #0 places+0x%x\n    #1 [cut]\nno newline at the end' "$offset" >wanted
tail -n 3 text | cmp - wanted || fail "what has no build ID, a pseudo module, the end"
expect_match '^mtalloc: 1 lines left as they are' err "what was left is said"
cat log | "$m" symbolize >again 2>/dev/null
cmp text again || fail "a pipe gives another text than a file"

# Two builds of one name in one log: each line is that of its own build.
mkdir old
cp places old/places
helper places.c -O0
id2=$(readelf -n places | sed -n 's/.*Build ID: //p')
offset2=$(./places | sed -n 's/^plain //p')
{
    printf '    #0 places+0x%x\n  module places %s\n' "$offset" "$id"
    printf '    #0 places+0x%x\n  module places %s\n' "$offset2" "$id2"
} | "$m" symbolize --path old --path . >text
expect_equal "innermost outermost" \
    "$(sed -n 's/^    #0 \([a-z]*\).*/\1/p' text | sed '2d;3d' | xargs)" "two builds"

refused 3 "cannot open nonesuch" "$m" symbolize nonesuch
refused 2 "one FILE" "$m" symbolize a b
expect_status 0 "$m" symbolize /dev/null
[ ! -s "$tmp/out" ] || fail "something out of nothing"

# Whatever the bytes, it ends, and says nothing that it was not given.
head -c 300000 /dev/urandom >noise
"$m" symbolize noise >text 2>/dev/null
cmp noise text || fail "noise does not go through untouched"
printf '#1 +0x1\n#1 x+0x\n# x+0x1\n#1x+0x1\n  module  abcd\n  module x abc\n#9 x+0x12345678901234567\n' >odd
"$m" symbolize odd >text 2>err
cmp odd text && [ ! -s err ] || fail "lines that are almost of a stack"
