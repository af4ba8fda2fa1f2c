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

# Each subcommand's section has its options and no others.
for command in run dump top check-heap set report sanitize keygen decrypt symbolize; do
    "$MTALLOC_CMD" help "$command" | sed -nE 's/^  (-.,|   ) (--[^ ]+).*/\2/p' | sort >"$tmp/command"
    sed 's/\\f[BIR]//g; s/\\-/-/g' "$page" | sed -n "/^\.SH ${command^^}\$/,/^\.SH/p" |
        sed -nE '/^\.TP/{n;s/^(-., )?(--[^ ]+).*/\2/p}' | sort >"$tmp/page"
    diff "$tmp/command" "$tmp/page" >&2 || fail "the section on $command (>) and its help (<) differ"
done

# The functions that the headers declare are those of the other page's synopsis, as they are
# declared, and each is described.
"$CC" -E -P -I "$srcdir/include" -x c "$srcdir/include/mtalloc/mtalloc.h" | tr '\n' ' ' |
    grep -oE '(const )?[a-z_]+ \*?mtalloc_[a-z_]+\([^()]*\);' | tr -s ' ' | sort >"$tmp/header"
sed -n '/^\.SH SYNOPSIS/,/^\.SH DESCRIPTION/p' "$srcdir/man/libmtalloc.3" |
    sed -nE 's/^\.BI //p' | grep -v extern | tr -d ' "' | sort >"$tmp/functions"
expect_at_least 15 "$(wc -l <"$tmp/header")" "functions of the headers"
diff <(tr -d ' ' <"$tmp/header" | sort) "$tmp/functions" >&2 || fail "man/libmtalloc.3 (>) and the headers (<) differ"
grep -oE 'mtalloc_[a-z_]+\(' "$tmp/header" | tr -d '(' | while read -r name; do
    grep -qE "^\.BR $name \(\)" "$srcdir/man/libmtalloc.3" || fail "$name is not described"
done

# Its examples are parts of the programs in examples/, line by line.
sed -n '/^\.EX/,/^\.EE/p' "$srcdir/man/libmtalloc.3" | grep -v '^\.E[XE]' |
    sed -E "s/^\\\\&//; s/\\\\-/-/g; s/\\\\\(aq/'/g; s/\\\\e/\\\\/g" >"$tmp/shown"
expect_at_least 30 "$(wc -l <"$tmp/shown")" "lines of examples"
while IFS= read -r line; do
    grep -qxF -e "$line" "$srcdir"/examples/*.c || fail "not in examples/: $line"
done <"$tmp/shown"

# Both are sound.
if command -v mandoc >/dev/null; then
    mandoc -T lint -W error "$page" "$srcdir/man/libmtalloc.3" >&2 || fail "mandoc: see above"
fi
