# The manual page says what the command says: options of every subcommand, options of the
# library, exit statuses; and no others.
. "${srcdir:-.}/tests/lib.sh"

page=$srcdir/man/mtalloc.1

# plain: a manual page's source as words, an entry a line: "name | text".
plain() {
    sed -E 's/\\f[BIR]//g; s/\\-/-/g; s/\\e/\\/g; s/^\.[BI]R? //' "$1" | awk '
        /^\.TP/ { if (entry != "") print entry; entry = ""; part = 1; next }
        /^\./ { if (entry != "") print entry; entry = ""; part = 0; next }
        part == 1 { entry = $0 " |"; part = 2; next }
        part == 2 { entry = entry " " $0 }
        END { if (entry != "") print entry }' | tr -s ' '
}

# entries: lines "name …" with indented lines of text below, as entries.
entries() {
    awk '
        /^[^ ]/ { if (entry != "") print entry; entry = $0 " |"; next }
        /^ / { entry = entry " " $0 }
        END { if (entry != "") print entry }' | tr -s ' '
}

{
    for command in run dump top check-heap set report sanitize keygen decrypt symbolize; do
        "$MTALLOC_CMD" help "$command" |
            sed -nE '/^  (-.,|   ) --/,$p' |
            sed -E 's/^  (-., )(--[^ ]+( [A-Z=]+)?) +/\1\2\n /; s/^ {6}(--[^ ]+( [A-Z=]+)?) +/\1\n /'
    done | entries
    "$MTALLOC_CMD" options | sed '1,2d' | entries
    "$MTALLOC_CMD" help | sed '1,/^exit status/d' | sed -E 's/^ *([0-9]+)  /\1\n /' | entries
} | sort -u >"$tmp/command"
expect_at_least 35 "$(wc -l <"$tmp/command")" "entries of the command"

# Columns of the report and the environment are entries too, of no interest here.
plain "$page" | grep -E '^(-|[0-9]+ \||[a-z_]+(=.*)? \[)' | sort -u >"$tmp/page"
diff "$tmp/command" "$tmp/page" >"$tmp/difference" ||
    { cat "$tmp/difference" >&2; fail "man/mtalloc.1 (>) is not what the command says (<)"; }

# The functions of the header are those of the other page.
grep -oE '\bmtalloc_[a-z_]+\(' "$srcdir/include/mtalloc/mtalloc.h" | tr -d '(' | sort -u \
    >"$tmp/header"
grep -oE '\bmtalloc_[a-z_]+\(' "$srcdir/man/libmtalloc.3" | tr -d '(' | sort -u >"$tmp/functions"
expect_at_least 3 "$(wc -l <"$tmp/header")" "functions of the header"
diff "$tmp/header" "$tmp/functions" >&2 || fail "man/libmtalloc.3 (>) and the header (<) differ"

# Both are sound.
if command -v mandoc >/dev/null; then
    mandoc -T lint -W error "$page" "$srcdir/man/libmtalloc.3" >&2 || fail "mandoc: see above"
fi
