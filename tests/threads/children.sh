# Children of a process with a recording: none writes into it; under follow_fork=yes each has
# one of its own beside it, as many as max_recordings; however they came to be, while other
# threads allocate and write summaries.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"

m=$MTALLOC_CMD
program threads/children.c
mkdir "$tmp/place"
cd "$tmp/place"

# children OPTIONS COUNT HOW [closed]: $recordings are those that are there then.
children() {
    rm -rf "$tmp/place/"*
    mkdir all
    expect_status 0 timeout 250 env LD_PRELOAD="$MTALLOC_SO" \
        MTALLOC_OPTIONS="max_metadata=4M,max_dumps=1000000,log_level=error,$1" "$tmp/children" "${@:2}"
    [ ! -s "$tmp/err" ] || fail "$*: $(cat "$tmp/err")"
    truth=$(cat "$tmp/out")
    recordings=$(find . -name '*.recording' | wc -l)
}
# of RECORDING FUNCTION: its counts.
of() {
    rm -f "$tmp/dump"
    "$m" dump --from "$1" -o "$tmp/dump" >/dev/null || fail "no summary of $1"
    summary check --still "$tmp/dump"
    summary function "$tmp/dump" "$tmp/children" "$2"
}
# each WANTED: what every recording says of in_child, but for the parent's.
each() {
    local file seen=0
    while read -r file; do
        [ "$(of "$file" make_block)" = "0 0 0 0" ] || continue
        expect_equal "$1" "$(summary function "$tmp/dump" "$tmp/children" in_child)" "$file"
        expect_equal "running 1" "$(summary get "$tmp/dump" header.state total.inherited_frees | xargs)" "$file"
        expect_match "\.$(summary get "$tmp/dump" header.pid)\." <(echo "$file") "the name of $file"
        expect_equal 600 "$(stat -c %a "$file")" "mode of $file"
        seen=$((seen + 1))
    done < <(find . -name '*.recording')
    expect_equal $((recordings - ${2:-0})) $seen "recordings of children"
}

# Not followed: the parent's recording is the parent's alone, and the only one.
children recorder=parent 200 fork
expect_equal "$truth 0" "$(of parent make_block) $recordings" "not followed"
expect_equal "0 0 0 0" "$(of parent in_child)" "the children's blocks in their parent's recording"

for how in fork _Fork clone; do
    # One file, and the children's beside it.
    children recorder=parent,follow_fork=yes,max_recordings=1000 10 $how
    expect_equal "$truth" "$(of parent make_block)" "the parent, $how"
    expect_equal "0 0 0 0" "$(of parent in_child)" "children in the parent's recording, $how"
    if [ $how = fork ]; then expect_equal 20 "$recordings" "recordings"; else expect_equal 10 "$recordings" "recordings, $how"; fi
    each "10 400 5 200"
    # A directory: the parent's is one of them.
    children recorder=all,follow_fork=yes,max_recordings=1000 5 $how
    each "10 400 5 200" 1
done

# The directory is found again by its path, if that is whole.
children "recorder=$tmp/place/all,follow_fork=yes" 3 fork closed
expect_equal 7 "$recordings" "recordings where all descriptors were closed"
each "10 400 5 200" 1

# Thousands of children leave as many as they may, and two made at the same moment.
children "recorder=$tmp/place/all,follow_fork=yes,max_recordings=16" "${CHILDREN:-1000}" fork
expect_at_least 16 "$recordings" "recordings within max_recordings"
expect_at_least "$recordings" 18 "recordings allowed"
each "10 400 5 200" 1
[ "$(du -sk all | cut -f1)" -le $((18 * 4096)) ] || fail "they are larger than max_metadata"

# Programs that are started: each has one, unless it is told the path of one file.
rm -rf ./*
mkdir all
for options in recorder=all recorder=file recorder=file,follow_fork=yes; do
    env LD_PRELOAD="$MTALLOC_SO" MTALLOC_OPTIONS="max_metadata=4M,$options" \
        sh -c '/bin/true; /bin/true; exit 0' 2>"$tmp/err" || fail "$options"
    case $options in
    recorder=all) expect_equal 3 "$(find all -name '*.recording' | wc -l)" "recordings of three programs" ;;
    recorder=file) expect_equal 0 "$(find . -maxdepth 1 -name '*.recording' | wc -l)" "beside a file" ;;
    *) expect_equal 2 "$(find . -maxdepth 1 -name 'true.*.recording' | wc -l)" "beside a file, followed" ;;
    esac
    rm -f file
done
env LD_PRELOAD="$MTALLOC_SO" MTALLOC_OPTIONS="max_metadata=4M,recorder=all,max_recordings=3" /bin/true 2>"$tmp/err"
expect_match 'recorder-unusable reason="max_recordings are there already: counting in private memory"' "$tmp/err" "one too many"
