# Secrets in heap, stack, arguments, environment, thread name and paths are in no artefact,
# and no number in one is an address: summaries by every trigger, reports of heap errors,
# and the log at its most talkative.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"

ulimit -c 0
word() { head -c 400 /dev/urandom | tr -dc 'A-Z' | head -c 24; }
heap=$(word) large=$(word) freed=$(word) stack=$(word)
argument=$(word) environment=$(word) path=$(word)
printf '%s\n' "$heap" "$large" "$freed" "$stack" "$argument" "$environment" "$path" >"$tmp/words"

home=$tmp/$path
mkdir -m 700 "$home" "$home/dir" "$tmp/artefacts"
program privacy/secrets.c
mv "$tmp/secrets" "$home/secrets"

# plant MODE: runs the program in $home; its output is in $tmp/MODE.out and .log.
plant() {
    printf '%s\n' "$heap" "$large" "$freed" "$stack" | (
        cd "$home"
        exec 2>/dev/null
        SECRET=$environment HOME=$home timeout 90 env LD_PRELOAD="$MTALLOC_SO" \
            MTALLOC_OPTIONS="log_level=debug,dir=$home/dir,on_error=abort$2,nonsense=1" \
            "$home/secrets" "$tmp/$1.maps" "$1" "$argument" \
            >"$tmp/$1.out" 2>"$tmp/artefacts/$1.log"
    )
}

# keep MODE WANTED: moves the summaries away and examines them with the log.
keep() {
    local file
    expect_equal "$2" "$(find "$home/dir" -type f | wc -l)" "summaries by $1"
    for file in "$home"/dir/*; do
        [ ! -e "$file" ] || mv "$file" "$tmp/artefacts/$1.$(basename "$file")"
    done
    /usr/bin/python3 "$srcdir/tests/privacy/scan.py" "$tmp/words" "$tmp/artefacts/$1".* ||
        fail "a secret got out by $1"
    /usr/bin/python3 "$srcdir/tests/privacy/addresses.py" "$tmp/$1.maps" \
        "$tmp/artefacts/$1".* || fail "an address got out by $1"
}

for mode in signal api; do
    plant $mode ""
    keep $mode 1
done
plant exit ",exit=summary"
keep exit 1
for mode in overflow underflow double-free invalid-free; do
    status=0
    plant $mode "" || status=$?
    expect_equal 134 "$status" "status after $mode"
    expect_match '^mtalloc: ERROR: ' "$tmp/artefacts/$mode.log" "$mode"
    keep $mode 0
    plant $mode ",exit=summary,on_error=report"
    keep $mode 1
done

plant outside "" &
runner=$!
end_with_test $runner
wait_for 20 grep -q ready "$tmp/outside.out" || fail "the program is not ready"
pid=$(pgrep -f "$home/secrets $tmp/outside.maps" | tail -1)
end_with_test "$pid"
"$MTALLOC_CMD" dump "$pid" -o "$tmp/artefacts/outside.mtalloc"
keep outside 0
kill "$pid"

# The scan itself finds what it should find.
for found in "$heap" "$(rev <<<"$large")" "$(printf %s "$freed" | base64)" \
    "$(printf %s "x$stack" | base64)" "$(printf %s "$environment" | od -An -tx1 | tr -d ' \n')"; do
    echo "text $found text" >"$tmp/artefacts/self"
    ! /usr/bin/python3 "$srcdir/tests/privacy/scan.py" "$tmp/words" "$tmp/artefacts/self" \
        >/dev/null || fail "the scan does not find $found"
done
start=$(sed -n '1s/-.*//p' "$tmp/api.maps")
for found in "0x$start" "$start" "$((16#$start + 5))" "\"offset\":$((16#$start))"; do
    echo "text $found text" >"$tmp/artefacts/self"
    ! /usr/bin/python3 "$srcdir/tests/privacy/addresses.py" "$tmp/api.maps" \
        "$tmp/artefacts/self" >/dev/null || fail "the scan does not find $found"
done
