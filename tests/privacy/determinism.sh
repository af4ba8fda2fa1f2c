# Two runs at other addresses write the same summary byte for byte, but for the fields that
# docs/FORMAT.md lists: nothing that depends on an address gets out.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"

# Blanks exactly the fields of "What differs between two identical runs".
blank() {
    sed -E -e '/^\{"type":"header"/s/"(pid|time_unix_ms|uptime_ms)":[0-9]+/"\1":X/g' \
        -e '/^\{"type":"resource"/s/"([a-z_]+)":([0-9]+|null)/"\1":X/g' \
        -e '/^\{"type":"event"/s/"at_ms":[0-9]+/"at_ms":X/' \
        -e '/^\{"type":"end"/s/"xxh3":"[0-9a-f]{16}"/"xxh3":X/' "$summary_file"
}

# same_twice NAME …
same_twice() {
    local places
    profile "$@"
    places=$(cat "$tmp/out")
    blank >"$tmp/first"
    profile "$@"
    [ "$places" != "$(cat "$tmp/out")" ] ||
        skip "both runs are at the same addresses: no ASLR here"
    blank >"$tmp/second"
    diff "$tmp/first" "$tmp/second" >"$tmp/difference" ||
        { head -20 "$tmp/difference" >&2; fail "$*: the two summaries differ"; }
    expect_at_least 100 "$(grep -c '"type":"site"' "$tmp/first")" "sites"
}

program privacy/determined.c
for pair in 1 2 3; do
    same_twice determined
done
