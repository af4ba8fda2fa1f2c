# recipient=: what is written opens with the secret key only, whichever way it was asked
# for; what was damaged or cut is kept as far as it authenticates; nothing is written plain
# where it cannot be sealed.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"
. "$srcdir/tests/cli/lib.sh"

m=$MTALLOC_CMD
seal_so=$(dirname "$MTALLOC_SO")/libmtalloc-seal.so.0
[ -e "$seal_so" ] || skip "built without libsodium"
program privacy/sealed.c
cd "$tmp"

public=$("$m" keygen -o key)
grep -qE '^[0-9a-f]{64}$' <<<"$public" || fail "a public key: $public"
expect_equal 600 "$(stat -c %a key)" "mode of the secret key's file"
cp key kept
refused 1 'there already' "$m" keygen -o key
cmp key kept || fail "a key was overwritten"
other=$("$m" keygen -o other)
[ "$public" != "$other" ] || fail "the same key twice"

# make OPTIONS: runs the program; its files are in $tmp/files.
make_files() {
    rm -rf files
    mkdir -m 700 files
    timeout 60 env LD_PRELOAD="${library:-$MTALLOC_SO}" \
        MTALLOC_OPTIONS="dir=$tmp/files,exit=summary,min_dump_interval=0,$1" \
        "$tmp/sealed" >out 2>err || fail "status $? with $1: $(cat err)"
}

make_files "recipient=$public"
expect_equal 1 "$(cat out)" "libsodium loaded with a recipient"
[ ! -s err ] || fail "said something: $(cat err)"
expect_equal 4 "$(find files -type f | wc -l)" "files"
expect_equal 4 "$(find files -name '*.mtalloc.sealed' -perm 600 | wc -l)" "sealed files, 0600"
expect_equal 4 "$(md5sum files/* | cut -d' ' -f1 | sort -u | wc -l)" "different files"
number=0
for file in files/*; do
    expect_equal MTSEALED "$(head -c 8 "$file")" "its first bytes"
    ! grep -aqE 'type|alloc|libc|sealed"' "$file" || fail "plain text in $file"
    "$m" decrypt "$file" -k key -o "plain.$((number += 1))" || fail "$file does not open"
    summary check --still plain.$number || fail "what was in $file"
    refused 3 'not sealed for this key' "$m" decrypt "$file" -k other -o none
    refused 3 'is sealed: mtalloc decrypt' "$m" report "$file"
done
[ ! -e none ] || fail "a file was made with the wrong key"

# Sealing allocates nothing: the second summary counts what the first did.
totals=$(grep -h '"type":"total"' plain.* | sed -E 's/"(slow|dumps)[a-z_]*":[0-9]+//g' | sort | uniq -c |
    sort -rn | sed -n '1s/^ *\([0-9]*\) .*/\1/p')
expect_at_least 2 "$totals" "summaries with the same totals"

# Damage. Wherever it is, what opens is a beginning of the truth.
file=$(find files -name '*.exit.*')
"$m" decrypt "$file" -k key >truth
size=$(stat -c %s "$file")
expect_at_least 150000 "$size" "bytes, for several chunks"

# opened STATUS WHAT: the damaged file $tmp/bad.
opened() {
    expect_status "$1" "$m" decrypt bad -k key
    cmp -n "$(stat -c %s out)" out truth || fail "$2: what opens is not the truth"
    one_line err "$2"
    [ "$1" != 3 ] || [ ! -s out ] || fail "$2: something opens"
}
for cut in 0 7 15 16 119; do
    head -c $cut "$file" >bad
    opened 3 "cut at $cut"
done
for cut in 120 123 124 1000 65660 65676 65677 65680 $((size - 1)) $((size - 21)); do
    head -c $cut "$file" >bad
    opened 4 "cut at $cut"
done
expect_equal "$(stat -c %s truth)" "$(stat -c %s out)" "bytes that open without the last chunk"
head -c 65677 "$file" >bad
opened 4 "cut behind the first chunk"
expect_equal 65536 "$(stat -c %s out)" "bytes of the first chunk"

# flip AT: the byte there, changed by one bit.
flip() {
    local byte
    cp "$file" bad
    byte=$(od -An -tu1 -j "$1" -N 1 bad)
    printf "\\x$(printf %x $((byte ^ 1)))" | dd of=bad bs=1 seek="$1" conv=notrunc status=none
}
for at in 0 8 12 16 63 95; do
    flip $at
    opened 3 "flipped at $at"
done
for at in 96 119 120 122 124 70000 $((size - 1)) $((size - 20)); do
    flip $at
    opened 4 "flipped at $at"
done
flip 70000
opened 4 "a flip in the second chunk"
expect_equal 65536 "$(stat -c %s out)" "bytes before it"
{ cat "$file"; echo more; } >bad
opened 4 "more behind the end"
expect_equal "$(stat -c %s truth)" "$(stat -c %s out)" "bytes before what is more"
# Chunks in another order, or twice.
{ head -c 120 "$file"; tail -c +65678 "$file"; } >bad
opened 4 "without the first chunk"
{ head -c 65677 "$file"; tail -c +121 "$file"; } >bad
opened 4 "the first chunk twice"
# The head of one file before the chunks of another.
{ head -c 120 "$(find files -name '*.signal.*' | sort | sed -n 1p)"; tail -c +121 "$file"; } >bad
opened 4 "another file's head"
refused 3 'not a sealed summary' "$m" decrypt truth -k key
echo 1234 >short
refused 3 'holds no secret key' "$m" decrypt "$file" -k short

# From outside and by run, the process's own recipient holds.
"$m" run --option "recipient=$public" -o ran -- "$tmp/sealed" >out 2>err
"$m" decrypt ran -k key -o plain.ran || fail "what run kept does not open"
grep -q '"reason":"recording"' plain.ran || fail "no recording"
LD_PRELOAD=$MTALLOC_SO MTALLOC_OPTIONS=recipient=$public sleep 60 &
end_with_test $!
wait_for 20 "$m" dump $! -o outside || fail "no summary from outside"
"$m" decrypt outside -k key -o plain.outside || fail "a summary from outside does not open"
"$m" dump $! -r "$other" -o outside2
"$m" decrypt outside2 -k other -o plain.outside2 || fail "dump -r: it does not open"
refused 2 'no public key' "$m" dump $! -r 1234
expect_match "^sleep\.$!\.mtalloc\.sealed\$" <("$m" dump $!) "the default name"

# Without a recipient nothing of it is loaded; a key that is none is refused by name.
make_files ""
expect_equal 0 "$(cat out)" "libsodium loaded without a recipient"
make_files "recipient=${public%?}"
expect_match 'option-ignored option=recipient' err "a key that is none"
expect_equal 4 "$(find files -name '*.mtalloc' | wc -l)" "plain files under an ignored option"

# What cannot be sealed is not written.
mkdir alone
cp "$MTALLOC_SO" alone/libmtalloc.so.0
library=$tmp/alone/libmtalloc.so.0
make_files "recipient=$public"
expect_equal 0 "$(find files -type f | wc -l)" "files that could not be sealed"
expect_match '^mtalloc: error: sealing-impossible .*cannot be loaded' err "why"
# Neither with a stranger in its place.
echo 'int mtalloc_other;' >stranger.c
"$CC" -shared -fPIC -o alone/libmtalloc-seal.so.0 stranger.c
make_files "recipient=$public"
expect_equal 0 "$(find files -type f | wc -l)" "files that a stranger would have sealed"
