# What the library's own objects take from outside themselves, against the list of what may
# be: anything may run in a signal handler, after a fork, before init or after exit.
. "$srcdir/tests/lib.sh"
need ar

list=$srcdir/tests/lint/signal_symbols.txt

# wanted ARCHIVE …: "object symbol" for each undefined symbol that no archive defines.
wanted() {
    "$NM" -A "$@" 2>/dev/null | sed -E 's/^[^:]*\.a://' | awk '
        NF < 2 { next }
        $(NF-1) == "U" || $(NF-1) == "w" || $(NF-1) == "v" {
            object = $1; sub(/:.*/, "", object); sub(/^lib[a-z]*_a-/, "", object)
            undefined[object " " $NF] = $NF; next }
        { defined[$NF] = 1 }
        END { for (u in undefined) if (!(undefined[u] in defined)) print u }' | sort
}

# not_allowed: those lines of stdin that no line of the list covers.
not_allowed() {
    awk 'NR == FNR { sub(/#.*/, ""); if (NF == 1) everywhere[$1] = 1
                     for (i = 2; i <= NF; i++) only[$1 " " $i] = 1; next }
         !($2 in everywhere) && !($0 in only)' "$list" -
}

printf 'a.o memcpy\na.o printf\nb.o dlsym\n' | not_allowed >"$tmp/planted"
expect_equal "a.o printf b.o dlsym" "$(xargs <"$tmp/planted")" "planted symbols found"

cd "$builddir"
# bcmp is what clang makes of a memcmp that only asks whether.
wanted libbase.a libtrack.a libexport.a liballoc.a alloc/jemalloc_private.o |
    sed 's/ bcmp$/ memcmp/' | sort -u |
    grep -v '^alloc/jemalloc_private.o ' >"$tmp/wanted" || true
expect_at_least 10 "$(wc -l <"$tmp/wanted")" "symbols looked at"
not_allowed <"$tmp/wanted" >"$tmp/wrong"
[ ! -s "$tmp/wrong" ] || fail "not in tests/lint/signal_symbols.txt:
$(cat "$tmp/wrong")"

# A line that nothing needs any more would let somebody in unseen. (clang does without the
# linker's symbol.)
awk 'NR == FNR { pair[$0] = 1; symbol[$2] = 1; next }
     { sub(/#.*/, "") } NF == 1 && !($1 in symbol) { print $1 }
     { for (i = 2; i <= NF; i++) if (!(($1 " " $i) in pair)) print $1, $i }' \
    "$tmp/wanted" "$list" | sed '/^_GLOBAL_OFFSET_TABLE_$/d' >"$tmp/unused"
[ ! -s "$tmp/unused" ] || fail "no longer needed in tests/lint/signal_symbols.txt:
$(cat "$tmp/unused")"
