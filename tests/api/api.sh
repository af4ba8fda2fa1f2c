# The functions of mtalloc.h, each against a program that knows its own truth: linked and
# preloaded, with other threads going on, in handlers, at odd moments, and with wrong input.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"
need jq

# linked NAME: compiles tests/api/NAME.c against the library, to $tmp/NAME.
linked() {
    program "api/$1.c" -L"$builddir" -Wl,-rpath,"$builddir" -lmtalloc
}

# passes OPTIONS COMMAND …: it ends well and says nothing.
passes() {
    local status=0
    rm -f "$memory/recording" # which would be another process's
    timeout 100 env MTALLOC_OPTIONS="$1" "${@:2}" >"$tmp/out" 2>"$tmp/err" || status=$?
    [ "$status" = 0 ] && [ ! -s "$tmp/err" ] ||
        { cat "$tmp/err" >&2; fail "${*:2} with '$1': status $status"; }
}

linked truth
for threads in 1 4; do
    for options in "" preset=test,leaks=off max_sites=1,privacy=strict; do
        passes "$options" "$tmp/truth" $threads
    done
    passes stack=caller "$tmp/truth" $threads caller
done

# Limits. What they log is silenced where it is not looked at.
linked limits
for options in "" preset=test,leaks=off limit_live=1M,log=none; do
    for what in live sites; do
        passes "$options" "$tmp/limits" $what
    done
done
for what in single often rate exchange forked wrong; do
    passes "" "$tmp/limits" $what
done
passes limit_alloc=1M,log=none "$tmp/limits" single
passes limit_alloc=500K,log=none "$tmp/limits" small
passes limit_live=10M,limit_alloc=2M,limit_action=signal:USR2 "$tmp/limits" by_option
passes limit_live=10M,limit_alloc=2M,limit_action=signal:12 "$tmp/limits" by_option

mkdir -m 700 "$tmp/dir"
status=0
MTALLOC_OPTIONS="dir=$tmp/dir" "$tmp/limits" actions 2>"$tmp/err" || status=$?
expect_equal 0 "$status" "actions"
expect_equal 1 "$(grep -c '^mtalloc: WARNING: limit-live live=[0-9]* limit=10485760$' "$tmp/err")" "lines"
expect_equal 1 "$(wc -l <"$tmp/err")" "all lines"
file=$(only_file "$tmp/dir" 'limits.*.limit.*.mtalloc')
summary check "$file"
expect_equal 1 "$(grep -c '"kind":"limit-live"' "$file")" "events"
status=0
status=$(exec 2>/dev/null; ulimit -c 0; "$tmp/limits" end || echo $?)
expect_equal 134 "$status" "the end of a program at its limit"

# A rate by the options: one event, whose value is above the limit.
rm "$tmp"/dir/*
MTALLOC_OPTIONS="exit=summary,dir=$tmp/dir,limit_rate=50M,limit_rate_s=1" timeout 100 "$tmp/limits" \
    rate >"$tmp/out" 2>"$tmp/err" || fail "rate: $(cat "$tmp/err")"
expect_match '^mtalloc: WARNING: limit-rate rate=[0-9]* limit=52428800$' "$tmp/err" "the line"
jq -s 'map(select(.kind == "limit-rate") | .value)' "$tmp"/dir/* >"$tmp/values"
expect_equal true "$(jq 'length >= 2 and all(.[]; . > 52428800)' "$tmp/values")" "$(cat "$tmp/values")"
"$MTALLOC_CMD" report "$(only_file "$tmp/dir" '*.mtalloc')" >"$tmp/report"
expect_match '^limit-rate after .*, [0-9,]* bytes a second$' "$tmp/report" "the report"
for wrong in signal: signal:KILL signal:11 signal:none signal:65 call log+signal; do
    MTALLOC_OPTIONS="limit_live=1T,limit_action=$wrong" "$tmp/limits" wrong 2>"$tmp/err" || true
    expect_match 'option-ignored option=limit_action' "$tmp/err" "limit_action=$wrong"
done

# Frames, and what is refused of marks and structures.
linked frames
passes "" "$tmp/frames"
read -r build_id signature <"$tmp/out"
readelf -n "$tmp/frames" >"$tmp/notes" 2>/dev/null
expect_match "Build ID: $build_id\$" "$tmp/notes" "the build ID"
passes privacy=strict "$tmp/frames" strict
expect_equal "$build_id $signature" "$(cat "$tmp/out")" "build ID and signature under strict"

# Names of threads: in the thread records and nowhere else; not under strict.
linked threads
for options in "" privacy=strict recorder="$memory/recording"; do
    rm -rf "$tmp/dir" && mkdir -m 700 "$tmp/dir"
    passes "dir=$tmp/dir,$options" "$tmp/threads" names
    file=$(only_file "$tmp/dir" '*.mtalloc')
    summary check "$file"
    names=$(jq -r 'select(.type == "thread" and .name) | .name' "$file" | sort | xargs)
    case $options in
    *strict) expect_equal "" "$names" "names under strict" ;;
    *) expect_equal "1234567890123456789012345678901 Az_0.9- main" "$names" "names" ;;
    esac
    jq -c 'select(.type != "thread")' "$file" >"$tmp/rest"
    expect_no_match 'Az_0|gone|first|withdrawn|kernel-name' "$tmp/rest" "names elsewhere"
    expect_no_match 'gone|first|withdrawn|kernel-name' "$file" "names of before"
    "$MTALLOC_CMD" sanitize "$file" >"$tmp/sanitized"
    expect_no_match 'Az_0|"name":"main"' "$tmp/sanitized" "names after mtalloc sanitize"
done
passes "" "$tmp/threads" many
for options in "" stack=caller stack=sampled,sample=1000 preset=test,leaks=off recorder="$memory/recording"; do
    passes "$options" "$tmp/threads" pause
    passes "$options" "$tmp/threads" fork
done

# Before main and after exit, in handlers, in children, and where nothing is counted.
linked moments
for options in "" preset=test,leaks=off stack=caller; do
    passes "$options" "$tmp/moments" early
    expect_equal late "$(cat "$tmp/out")" "after exit, $options"
    passes "$options" "$tmp/moments" child
    passes "$options" "$tmp/moments" held
done
rm -rf "$tmp/dir" && mkdir -m 700 "$tmp/dir"
for options in "" recorder="$memory/recording"; do
    passes "dir=$tmp/dir,log=none,$options" "$tmp/moments" handler
done
passes recorder="$memory/recording" "$tmp/moments" recorded "$tmp/dir/child"
summary check "$tmp/dir/child"
passes off "$tmp/moments" off

# A summary to a path: whole, 0600, not in place of something, only in a safe directory.
linked dump_to
cd "$tmp"
mkdir -m 700 to to/sub
mkdir -m 777 all
chmod 777 all
ln -s to link
ln -s nowhere to/dangling
echo kept >to/there
# dumps WANTED PATH …: the results, one for each path.
dumps() {
    passes "$dump_options" "$tmp/dump_to" "${@:2}"
    expect_equal "$1" "$(xargs <"$tmp/out")" "dump_to ${*:2}"
}
dump_options=log=none
umask 0
dumps "0 0 0" to/one "$tmp/to/two" ./to/sub/three
dumps "-17 -17 -17" to/one to/there to/dangling
dumps "-21 -21 -2 -2" to/ to/.. "" missing/one
dumps "-13 -13 -13" all/one link/one /etc/hostname/one
dumps "-13 0" link/four to/four
dumps "-36 -36" "to/$(printf '%0160d' 1)" "$(printf '%0256d/one' 1)"
dumps 0 "to/$(printf '%0159d' 1)"
cd to && dumps 0 here && cd ..
expect_equal kept "$(cat to/there)" "a file that was there"
expect_equal "" "$(find all nowhere /etc/hostname/ -type f 2>/dev/null)" "files where none may be"
for file in to/one to/two to/sub/three to/four to/here "to/$(printf '%0159d' 1)"; do
    summary check "$file"
    expect_equal 600 "$(stat -c %a "$file")" "mode of $file"
done
expect_equal 7 "$(find to -type f | wc -l)" "files, and nothing half"
expect_equal '"api"' "$(jq 'select(.type == "header") | .reason' to/one)" "reason"
dump_options=max_dumps=1,log=none
dumps "0 -11" to/five to/six
dump_options=recipient=$(printf 'ab%.0s' {1..32}),log=none
dumps "$([ -e "$builddir/libmtalloc-seal.so.0" ] && echo 0 || echo -95)" to/sealed
expect_equal "$([ -e "$builddir/libmtalloc-seal.so.0" ] && echo MTSEALED)" \
    "$(head -c 8 to/sealed 2>/dev/null)" "a sealed file"
(
    ulimit -f 1
    dump_options=log=none dumps -27 to/seven
)
[ ! -e to/seven ] || fail "half a file"
expect_equal "" "$(find to -name '.*')" "temporary files"
