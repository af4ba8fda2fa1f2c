# Words in 52 kinds of places are in no artefact: summaries by every way at both levels, a
# recording as it lies, what the command prints of them, the log at its most talkative with
# every kind of error report.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"
command -v "${CXX%% *}" >/dev/null || skip "no C++ compiler"

m=$MTALLOC_CMD
ulimit -c 0
program privacy/placements.cc
# What the program places itself.
inside=44
outside=(argument argument_zero environment_value environment_name directory library_directory
    file_on_stdin home)
python3 -c 'import random, sys
for i in range(int(sys.argv[1])): print("".join(random.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=24)))' \
    $((inside + ${#outside[@]})) >"$tmp/words"
expect_equal 52 "$(sort -u "$tmp/words" | wc -l)" "words"
for i in "${!outside[@]}"; do
    declare "${outside[i]}=$(sed -n "$((inside + i + 1))p" "$tmp/words")"
done

home_directory=$tmp/$home
mkdir -p "$home_directory/$directory" "$tmp/$library_directory" "$tmp/artefacts"
mkdir -m 700 "$home_directory/$directory/files"
mv "$tmp/placements" "$home_directory/placements"
cp "$MTALLOC_SO" "$tmp/$library_directory/libmtalloc.so.0"
sed -n "1,${inside}p" "$tmp/words" >"$tmp/$file_on_stdin"

# place MODE OPTIONS: runs the program; its output in $tmp/MODE.out, its log an artefact.
place() (
    cd "$home_directory/$directory"
    rm -f "$tmp/maps"
    exec 2>/dev/null
    export HOME=$home_directory "SECRET=$environment_value" "$environment_name=1" \
        MTALLOC_OPTIONS="log_level=debug,dir=$PWD/files,nonsense=1,$2"
    # shellcheck disable=SC2016 # the inner shell's
    exec timeout 60 bash -c 'export LD_PRELOAD=$1; exec -a "${@:2}"' place \
        "$tmp/$library_directory/libmtalloc.so.0" "$argument_zero" "$home_directory/placements" \
        "$tmp/maps" "$1" "$argument" <"$tmp/$file_on_stdin" >"$tmp/$1.out" 2>"$tmp/artefacts/$1.log"
)

# keep NAME WANTED: the files that were made become artefacts; all are searched.
keep() {
    local file number=0
    for file in "$home_directory/$directory"/files/*; do
        [ -e "$file" ] || continue
        mv "$file" "$tmp/artefacts/$1.$((number += 1)).$(basename "$file")"
    done
    expect_equal "$2" "$number" "files by $1"
    for file in "$tmp/artefacts/$1".*.mtalloc; do
        [ -e "$file" ] || continue
        "$m" report --no-symbols "$file" >"$file.report" 2>&1
        "$m" report --no-symbols --tree "$file" >"$file.tree" 2>&1
        "$m" sanitize "$file" >"$file.strict"
    done
    /usr/bin/python3 "$srcdir/tests/privacy/scan.py" "$tmp/words" "$tmp/artefacts/$1".* ||
        fail "a secret got out by $1"
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
