# More stacks than fit: the bound on the metadata holds, what did not fit is counted under
# [overflow], and all sums are those of the program. MANY_STACKS=2000000 (check-long) is
# the whole of it, with the default bound.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"
ulimit -c 0

program threads/many_stacks.c
mkdir -m 700 "$tmp/dir"

# figures FILE: of a summary of any length, in the order in which many() reads them.
figures() {
    awk '
        function value(name) {
            if (!match($0, "\"" name "\":[0-9]+"))
                return 0
            return substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 3)
        }
        /"type":"module"/ && /"\[overflow\]"/ { module = value("id") }
        /"type":"frame"/ && value("module") == module { frame = value("id") }
        /"type":"total"/ {
            total = value("allocs") " " value("alloc_bytes") " " value("frees")
            total = total " " value("free_bytes") " " value("overflow_allocs")
        }
        /"type":"site"/ { sum += value("allocs") }
        /"type":"site"/ && value("frame") == frame { overflow = value("allocs") }
        /"type":"event"/ && /sites-omitted/ { omitted = value("value") }
        /"type":"resource"/ { metadata = value("metadata_bytes") }
        /"type":"end"/ { mismatch = value("mismatch") }
        END { print total, sum + 0, overflow + 0, omitted + 0, metadata, mismatch }' "$1"
}

# many STACKS MEBIBYTES LEAST: at least LEAST stacks do not fit; 0: all do.
many() {
    local stacks=$1 bytes=$(($2 << 20)) least=$3
    local allocs alloc_bytes frees free_bytes overflow in_sites in_overflow omitted metadata mismatch
    rm -f "$tmp"/dir/*
    expect_status 0 preload "exit=summary,dir=$tmp/dir,max_metadata=$bytes" "$tmp/many_stacks" "$stacks"
    [ ! -s "$tmp/err" ] || { cat "$tmp/err" >&2; fail "output on stderr"; }
    figures "$(only_file "$tmp/dir" '*.mtalloc')" >"$tmp/figures"
    read -r allocs alloc_bytes frees free_bytes overflow in_sites in_overflow omitted metadata \
        mismatch <"$tmp/figures"
    # One block more: the list of those that are kept.
    expect_equal "$((stacks + 1)) $((stacks * (24 + 8))) $stacks $((stacks * 24))" \
        "$allocs $alloc_bytes $frees $free_bytes" "totals of $stacks stacks"
    expect_equal "$allocs" "$((in_sites + omitted))" "sum over the sites of $stacks stacks"
    expect_equal "$overflow $mismatch" "$in_overflow 0" "overflow and mismatch of $stacks stacks"
    [ "$metadata" -le "$bytes" ] || fail "$metadata bytes of metadata, $bytes allowed"
    expect_at_least "$least" "$overflow" "those of $stacks stacks that do not fit"
    [ "$least" -gt 0 ] || expect_equal 0 "$overflow" "those of $stacks stacks that do not fit"
    echo "$stacks stacks in $2 MiB: $overflow did not fit"
}

many 50000 128 0
many 300000 32 100000
many 100000 4 50000
[ -z "${MANY_STACKS:-}" ] || many "$MANY_STACKS" 256 $((MANY_STACKS / 10))
