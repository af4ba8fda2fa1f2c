# Words in 52 kinds of places are in no artefact: summaries by every way at both levels, a
# recording as it lies, what the command prints of them, the log at its most talkative with
# every kind of error report.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"
. "$srcdir/tests/privacy/lib.sh"

# keep NAME WANTED: the files that were made become artefacts; all are searched.
keep() {
    collect "$1" "$2"
    search "$1" || fail "a secret got out by $1"
}

for level in standard strict; do
    for mode in signal api; do
        place $mode "privacy=$level"
        keep $mode 1
    done
    place none "exit=summary,quarantine=all,privacy=$level"
    keep none 1
done
for mode in overflow underflow double-free invalid-free write-after-free mismatch; do
    place $mode "on_error=report,exit=summary,quarantine=all,fill=junk"
    expect_match '^mtalloc: ERROR: ' "$tmp/artefacts/$mode.log" "$mode"
    keep $mode 1
done

# A recording as it is, and what run makes of it.
place recording "max_metadata=4M,recorder=$tmp/artefacts/recording.raw"
[ -s "$tmp/artefacts/recording.raw" ] || fail "no recording"
"$m" dump --from "$tmp/artefacts/recording.raw" -o "$tmp/artefacts/recording.0.mtalloc"
keep recording 0

place outside "" &
end_with_test $!
wait_for 20 grep -q ready "$tmp/outside.out" || fail "the program is not ready"
pid=$(pgrep -f "^$argument_zero $tmp/maps outside")
end_with_test "$pid"
"$m" dump "$pid" -o "$tmp/artefacts/outside.0.mtalloc"
keep outside 0
kill "$pid"

# The search finds every form, of any piece.
first=$(sed -n 1p "$tmp/words")
for form in 'print(w)' 'print(w[::-1])' 'print(w.encode().hex())' 'print(w[9:17].encode().hex().upper())' \
    'import base64; print(base64.b64encode(b"x" + w.encode()))' \
    'import sys; sys.stdout.buffer.write(w.encode("utf-16-le"))' \
    'import sys; sys.stdout.buffer.write(w.encode("utf-16-be"))' 'print(w.lower())'; do
    /usr/bin/python3 -c "w = '$first'; $form" >"$tmp/artefacts/self"
    ! /usr/bin/python3 "$srcdir/tests/privacy/scan.py" "$tmp/words" "$tmp/artefacts/self" >/dev/null ||
        fail "the search does not find: $form"
done
