# Shell scripts pass shellcheck.
. "$srcdir/tests/lib.sh"
. "$srcdir/tests/lint/files.sh"
need shellcheck

cd "$srcdir"
{
    our_files '*.sh'
    our_files '*' | while read -r name; do
        case $(head -c 64 "$name" | head -n 1 | tr -d '\0') in '#!'*bash*) echo "$name" ;; esac
    done
} | sort -u >"$tmp/list"
expect_at_least 10 "$(wc -l <"$tmp/list")" "scripts looked at"
# SC1091: sourced files are checked themselves. SC2154: $srcdir and $tmp come from there.
# SC2317, SC2034: what lib.sh and its users call and set indirectly. SC2238: a file may have
# a command's name.
xargs shellcheck --shell=bash --severity=warning --exclude=SC1091,SC2154,SC2317,SC2034,SC2238 \
    <"$tmp/list" || fail "see above"
