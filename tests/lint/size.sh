# A file past 300 lines or a function past 60 is a sign that two things live in one room:
# listed; past 400 or 90 the test fails. A file of tests, one after the other, may have 500.
. "$srcdir/tests/lib.sh"
. "$srcdir/tests/lint/files.sh"

# sizes FILE …: a line "kind lines place" for every file and function.
sizes() {
    awk '
        FNR == 1 { if (file != "") print "file", lines, file; file = FILENAME; start = 0 }
        { lines = FNR }
        /^[a-zA-Z_].*[({,]$|^[a-zA-Z_].*\) \{$/ && !start { start = FNR; name = $0; body = 0 }
        /^(static |const |extern |typedef )*(struct|union|enum) [a-z_]* ?\{$/ ||
            /= ?\{$/ || /^extern "C"/ { if (!body) start = 0 }
        start && /\{$/ { body = 1 }
        /^}/ { if (start && body) print "function", FNR - start + 1, FILENAME ":" start
               start = 0; body = 0 }
        /;$/ && start && !body { start = 0 }
        END { print "file", lines, file }' "$@"
}

{
    echo 'static int long_one(int a,'
    echo '                    int b) {'
    printf '    a++;%.0s\n' {1..93}
    echo '}'
    printf '%.0s\n' {1..310}
} >"$tmp/planted.c"
expect_equal "function 96 file 406" "$(sizes "$tmp/planted.c" | awk '{ print $1, $2 }' | xargs)" \
    "sizes of a planted file"

cd "$srcdir"
our_files '*.[ch]' '*.cc' '*.sh' '*.py' >"$tmp/list"
# shellcheck disable=SC2046 # names without spaces
sizes $(cat "$tmp/list") >"$tmp/sizes"
expect_at_least 100 "$(grep -c ^function "$tmp/sizes")" "functions looked at"
awk '$1 == "file" && $2 > 300 || $1 == "function" && $2 > 60' "$tmp/sizes"
awk '$1 == "file" && $2 > ($3 ~ /^tests\// ? 500 : 400) || $1 == "function" && $2 > 90' "$tmp/sizes" >"$tmp/wrong"
[ ! -s "$tmp/wrong" ] || fail "too long:
$(cat "$tmp/wrong")"
