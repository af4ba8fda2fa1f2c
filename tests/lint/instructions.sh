# The instructions of a malloc and free pair, per mode and stack depth, against the table in
# bench/pairs.txt: none may grow by more than 5 %. One that falls by more asks for a new
# table: bench/pairs.sh prints it.
. "${srcdir:-.}/tests/lib.sh"
need valgrind
compiler=$($CC --version)
case ${compiler%%$'\n'*} in
gcc*" 12."*) ;;
*) skip "the table is gcc 12's" ;;
esac

# table FILE: "mode|column figure" of each cell.
table() {
    awk -F' *[|] *' '/[0-9]/ && NF >= 6 && $2 != "mode" {
        for (i = 3; i <= 5; i++)
            if ($i != "")
                print $2 "|" i, $i
    }' "$1" | sort
}

BUILD=$builddir MTALLOC_SO=$MTALLOC_SO bash "$srcdir/bench/pairs.sh" >"$tmp/now"
table "$tmp/now" >"$tmp/now.cells"
table "$srcdir/bench/pairs.txt" >"$tmp/known.cells"
expect_at_least 12 "$(wc -l <"$tmp/known.cells")" "figures in bench/pairs.txt"
expect_equal "$(cut -d' ' -f1 "$tmp/known.cells")" "$(cut -d' ' -f1 "$tmp/now.cells")" "rows"
join -t'~' <(sed 's/ \([^ ]*\)$/~\1/' "$tmp/known.cells") \
    <(sed 's/ \([^ ]*\)$/~\1/' "$tmp/now.cells") |
    awk -F'~' '$3 > 1.05 * $2 { print "more: " $0 } $3 < 0.95 * $2 { print "less: " $0 }' \
        >"$tmp/moved"
[ ! -s "$tmp/moved" ] || fail "instructions moved by more than 5 % (known, now):
$(cat "$tmp/moved")"
