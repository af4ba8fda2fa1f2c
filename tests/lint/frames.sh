# An exported function hands the address of its own frame to whom it calls, as the start of
# the stack. So it must not end in a jump to any of those; the few that don't take it are
# named here. And it keeps a frame pointer.
. "$srcdir/tests/lib.sh"
need objdump

# jumps_of SHARED-OBJECT: "function target" for each jump from an exported function into
# another one. gcc moves cold parts of a function out of it.
jumps_of() {
    objdump -d --no-show-raw-insn "$1" | awk -v exported="$2" '
        BEGIN { n = split(exported, name); for (i = 1; i <= n; i++) wanted[name[i]] }
        /^[0-9a-f]+ <.*>:$/ { me = $2; gsub(/[<>:]/, "", me) }
        !(me in wanted) || $2 !~ /^(j|b$|b\.)/ { next }
        match($0, /<[^>+]+[+>]/) {
            target = substr($0, RSTART + 1, RLENGTH - 2)
            if (target != me && target != me ".cold")
                print me, target
        }' | sort -u
}

cat >"$tmp/jumps.c" <<'END'
int elsewhere(void *frame);
int goes(void);
int stays(void);
int goes(void) { return elsewhere(__builtin_frame_address(0)); }
int stays(void) { return elsewhere(__builtin_frame_address(0)) + 1; }
END
echo 'int elsewhere(void *frame) { return !frame; }' >"$tmp/elsewhere.c"
"$CC" -O2 -shared -fPIC -Wl,-Bsymbolic -fcf-protection=none -o "$tmp/jumps.so" "$tmp/jumps.c" "$tmp/elsewhere.c"
expect_equal goes "$(jumps_of "$tmp/jumps.so" "goes stays" | cut -d' ' -f1)" \
    "the jump found in a library that has one"

exported=$(grep -v "^#" "$srcdir/tests/symbols/exported.txt" | xargs)
jumps_of "$MTALLOC_SO" "$exported" | sed 's/@.*//' | awk -v exported="$exported" '
    BEGIN { n = split(exported, name); for (i = 1; i <= n; i++) takes_none[name[i]] }
    $2 in takes_none { next }
    $2 ~ /^mt_(je_.*|plain_.*|no_memory|dump|dump_fd|dump_to|heap_check|leaks_keep|log_set_callback|stack_set)$/ { next }
    $2 ~ /^mt_block_(alloc_due|free_due|free_elsewhere|out_of_ids)$/ { next }
    { print }' >"$tmp/jumps"
[ ! -s "$tmp/jumps" ] || fail "jumped to with a frame: $(cat "$tmp/jumps")"
