# Damaged unwind tables: nothing but the tables and the stack is read, and nothing loops,
# under libFuzzer with the address and undefined-behaviour sanitizers. It starts from the
# tables of real programs.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/fuzz/lib.sh"
need readelf

# section NAME FILE: its offset and size.
section() {
    readelf -SW "$2" |
        sed -n "s/^ *\[ *[0-9]*\] *$1 *PROGBITS *[0-9a-f]* *\([0-9a-f]*\) *\([0-9a-f]*\) .*/0x\1 0x\2/p"
}
# seed FILE: its tables, as they lie in it.
seed() {
    local header frames bytes
    read -r header _ < <(section '\.eh_frame_hdr' "$1")
    read -r frames bytes < <(section '\.eh_frame' "$1")
    tail -c +$((header + 1)) "$1" >"$tmp/from_header"
    head -c $((frames + bytes - header)) "$tmp/from_header" >"$tmp/seeds/$(basename "$1")"
}

mkdir "$tmp/seeds"
for file in /lib64/ld-linux-x86-64.so.2 "$(type -P true)" "$(type -P cat)" "$(type -P ls)"; do
    seed "$file"
done
seeds=("$tmp"/seeds/*)
expect_at_least 3 ${#seeds[@]} "programs with tables"
fuzz cfi 40000 "$srcdir/track/cfi.c $srcdir/track/cfi_find.c $srcdir/track/rules.c" -max_len=20000
