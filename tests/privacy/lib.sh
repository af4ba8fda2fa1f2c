# The secrets campaign's program and what its places hold: source after tests/programs.sh.
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
    cd "$home_directory/$directory" || exit
    rm -f "$tmp/maps"
    exec 2>/dev/null
    export HOME=$home_directory "SECRET=$environment_value" "$environment_name=1" \
        LEAK=${LEAK:-} \
        MTALLOC_OPTIONS="log_level=debug,dir=$PWD/files,nonsense=1,$2"
    # shellcheck disable=SC2016 # the inner shell's
    exec timeout 60 bash -c 'export LD_PRELOAD=$1; exec -a "${@:2}"' place \
        "$tmp/$library_directory/libmtalloc.so.0" "$argument_zero" "$home_directory/placements" \
        "$tmp/maps" "$1" "$argument" <"$tmp/$file_on_stdin" >"$tmp/$1.out" 2>"$tmp/artefacts/$1.log"
)

# collect NAME WANTED: the files that were made become artefacts, with what the command says
# of them.
collect() {
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
}

# search NAME: fails if a word is in an artefact.
search() {
    /usr/bin/python3 "$srcdir/tests/privacy/scan.py" "$tmp/words" "$tmp/artefacts/$1".*
}
