# Functions, files and lines of addresses that a program printed itself: inlined functions,
# C++ names, separate debug files, and files that are not what the summary speaks of.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/cli/lib.sh"
need readelf objcopy strip

m=$MTALLOC_CMD
build_id() {
    readelf -n "$1" | sed -n 's/.*Build ID: //p'
}

# summary_of PROGRAM NAME: a summary with one site, where NAME returns to.
summary_of() {
    local offset
    offset=$("$1" | sed -n "s/^$2 //p")
    [ -n "$offset" ] || fail "$1 does not print $2"
    {
        echo "$header" | sed "s/demo/$(basename "$1")/"
        echo '{"type":"total","allocs":1,"alloc_bytes":64,"live":1,"live_bytes":64}'
        echo '{"type":"module","id":7,"name":"'"$(basename "$1")"'","build_id":"'"$(build_id "$1")"'"}'
        echo '{"type":"frame","id":7,"parent":0,"module":7,"offset":'"$offset"'}'
        echo '{"type":"site","frame":7,"allocs":1,"alloc_bytes":64,"live":1,"live_bytes":64}'
    } | seal
}

# line_of SOURCE COMMENT: the number of the line with that comment.
line_of() {
    grep -nF "/* $2 */" "$srcdir/tests/cli/$1" | cut -d: -f1
}

# rows ARGUMENT …: the functions of the report's only place, one a line.
rows() {
    "$m" report "$@" | sed -n '/function  file:line/,/^$/p' | sed '1d; /^$/d' | cut -c 42-
}

check() {
    local what=$1 dir=$2
    shift 2
    summary_of "$tmp/places" inlined >"$dir/summary"
    expect_equal "innermost (inlined)  places.c:$(line_of places.c 'the note')
middle (inlined)  places.c:$(line_of places.c 'calls innermost')
outermost  places.c:$(line_of places.c 'calls middle')" \
        "$(cd "$dir" && rows "$@" summary)" "$what"
}

# In the current directory; below a directory that is named; along PATH.
mkdir -p "$tmp/away/deep/er" "$tmp/elsewhere"
for compiler in "$CC" clang; do
    command -v "$compiler" >/dev/null || continue
    CC=$compiler helper places.c -O2
    check "inlined functions, $compiler" "$tmp"
    summary_of "$tmp/places" plain >"$tmp/summary"
    expect_equal "outermost  places.c:$(line_of places.c 'the plain note')" \
        "$(cd "$tmp" && rows summary)" "a plain function, $compiler"
done
check "--path" "$tmp/elsewhere" --path "$tmp"
PATH=$tmp:$PATH check "PATH" "$tmp/elsewhere"
expect_equal "outermost  $srcdir/tests/cli/places.c:$(line_of places.c 'the plain note')" \
    "$(cd "$tmp" && rows --full-paths summary)" "--full-paths"
expect_match '^places\+0x[0-9a-f]+$' <(cd "$tmp" && rows --no-symbols summary) "--no-symbols"

# A program that is not position-independent has its first segment elsewhere.
helper places.c -O2 -no-pie
check "a program without PIE" "$tmp"

# Debug information in a file of its own, by its link.
cp "$tmp/places" "$tmp/away/deep/er/places"
cd "$tmp/away/deep/er"
objcopy --only-keep-debug places places.debug
strip places
objcopy --add-gnu-debuglink=places.debug places
cd "$tmp"
mv places places.kept
cp away/deep/er/places places
check "a separate debug file" "$tmp/elsewhere" --path "$tmp/away"

# Without debug information, and without any symbol.
rm away/deep/er/places.debug
(cd elsewhere && "$m" report --path "$tmp/away" summary) >"$tmp/out"
expect_match '  places\+0x' "$tmp/out" "a stripped program's row"
expect_match '^       1 in places: built without -g$' "$tmp/out" "what is missing"
objcopy --strip-debug places.kept away/deep/er/places
expect_match '^outermost  places$' <(cd elsewhere && rows --path "$tmp/away" summary) \
    "a program with symbols only"

# Another build under the same name is not asked.
rm places
"$CC" -Wl,--build-id=0x1234567890abcdef -g -O0 -o "$tmp/away/deep/er/places" \
    "$srcdir/tests/cli/places.c"
(cd elsewhere && "$m" report --path "$tmp/away" summary) >"$tmp/out"
expect_match '  places\+0x' "$tmp/out" "row of another build"
expect_match ': .*/er/places is another build \(--path DIR\)$' "$tmp/out" "another build"

# What is no ELF file under that name does no harm.
rm -r away/deep/er/places
mkfifo away/deep/er/places
(cd elsewhere && timeout 20 "$m" report --path "$tmp/away" summary) >"$tmp/out" ||
    fail "a pipe in the program's place"
expect_match 'file not found' "$tmp/out" "a pipe in the program's place"

# C++: the namespace, no parameters, long template arguments cut short.
for compiler in "$CXX" clang++; do
    command -v "$compiler" >/dev/null || continue
    CXX=$compiler helper places.cc -O2
    summary_of "$tmp/places" template >"$tmp/summary"
    (cd "$tmp" && rows summary) >"$tmp/rows"
    expect_match '^store::Book::Book( \(inlined\))?  places.cc:[0-9]+$' "$tmp/rows" \
        "a constructor, $compiler"
done

# A library of a Debian package: the package with its debug information is named.
library=$(ldd "$m" | sed -n 's/.*=> \(.*libjansson[^ ]*\) .*/\1/p')
if compgen -G "/var/lib/dpkg/info/libjansson4:*.list" >/dev/null; then
    id=$(build_id "$library")
    [ ! -e "/usr/lib/debug/.build-id/${id::2}/${id:2}.debug" ] ||
        skip "libjansson4-dbgsym is installed"
    {
        echo "$header"
        echo '{"type":"total","allocs":1,"live":1,"live_bytes":64}'
        echo '{"type":"module","id":7,"name":"'"$(basename "$library")"'","build_id":"'"$id"'"}'
        echo '{"type":"frame","id":7,"parent":0,"module":7,"offset":20000}'
        echo '{"type":"site","frame":7,"allocs":1,"live":1,"live_bytes":64}'
    } | seal >"$tmp/summary"
    expect_match "in libjansson.so.4.*: install libjansson4-dbgsym\$" \
        <("$m" report "$tmp/summary") "the package with debug information"
fi
