# Files that are no whole summary: one line says what they are, with a documented status,
# and what is whole is shown.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/cli/lib.sh"

m=$MTALLOC_CMD
{ echo "$header"; cat "$srcdir/tests/cli/demo.records"; } >"$tmp/records"
seal <"$tmp/records" >"$tmp/good"
cd "$tmp"
expect_status 0 "$m" report --no-symbols good
[ ! -s "$tmp/err" ] || fail "a message about a good file"

# Not a summary at all.
refused 3 'cannot open absent: No such file' "$m" report absent
mkdir directory
refused 3 'directory is a directory' "$m" report directory
: >empty
refused 3 'empty is empty' "$m" report empty
head -c 5000 /dev/urandom | tr -d '{' >garbage
refused 3 'garbage is not a summary' "$m" report garbage
refused 3 'is not a summary' "$m" report "$m"
echo '{"type":"header"}' >json
refused 3 'json is not a summary' "$m" report json
echo '{"hello":1}' >json
refused 3 'json is not a summary' "$m" report json
echo '[1' >json
refused 3 'json is not a summary' "$m" report json
printf '%s' "$header" >half
refused 3 'no whole line' "$m" report half
{ printf '{"type":"header","x":"'; head -c 70000 /dev/zero | tr '\0' a; echo '"}'; } >long
refused 3 'the line is too long' "$m" report long
printf '\1MTREGN1%4088s' '' >region
refused 3 'cannot read region: ' "$m" report region
sed 's/"version":1/"version":2/' "$tmp/good" >newer
refused 3 'newer has format version 2, this mtalloc reads version 1' "$m" report newer

# partial REGEX FILE: a message and what is whole, status 4.
partial() {
    expect_status 4 "$m" report --no-symbols "$2"
    one_line "$tmp/err" "$2"
    expect_match "$1" "$tmp/err" "$2"
    expect_match '^demo  pid 4711' "$tmp/out" "what is whole of $2"
}

head -n 20 good >shorter
partial 'shorter is truncated after line 20; shown is what is whole' shorter
expect_match '^ 17.0M ' "$tmp/out" "sites of a truncated file"
head -c -1 good >shorter
partial 'truncated after line 24' shorter
head -n 1 good >shorter
partial 'truncated after line 1;' shorter
expect_equal 1 "$(wc -l <"$tmp/out")" "lines shown of a file that is a header only"
sed 's/"rss_bytes":6/"rss_bytes":7/' good >changed
partial 'changed after it was written' changed
expect_match 'RSS 70' "$tmp/out" "the changed file"
sed '/"news"/d' good >changed
partial 'changed after it was written' changed
{ cat good; echo '{"type":"news"}'; } >longer
partial 'longer goes on after its end' longer

# broken REGEX RECORD: the record in place of the thirteenth line stops the reading there.
broken() {
    { head -n 12 "$tmp/records"; printf '%s\n' "$2"; tail -n +14 "$tmp/records"; } | seal >broken
    partial "broken is damaged in line 13: .*$1" broken
}
frame='{"type":"frame","id":12,"parent":1,"module":7,"offset":4400}'
broken 'holds no record' 'hello'
broken 'holds no record' '{"type":7}'
broken 'holds no record' '["type"]'
broken 'too long' "$(head -c 70000 /dev/zero | tr '\0' ' ')"
broken 'bad frame' "${frame/4400/-1}"
broken 'bad frame' "${frame/4400/\"4400\"}"
broken 'bad frame' "${frame/4400/4400.5}"
broken 'holds no record' "${frame/4400/99999999999999999999}"
broken 'bad frame' "${frame/12/4294967296}"
broken 'ids do not grow' "${frame/12/11}"
broken 'ids do not grow' "${frame/12/0}"
broken 'not there' "${frame/\"parent\":1/\"parent\":12}"
broken 'not there' "${frame/\"parent\":1/\"parent\":13}"
broken 'not there' "${frame/\"module\":7/\"module\":6}"
broken 'names a frame that is not there' '{"type":"site","frame":99}'
broken 'bad site' '{"type":"site","frame":1,"allocs":-1}'
broken 'bad site' '{"type":"site"}'
broken 'bad module' '{"type":"module","id":1}'
broken 'bad build ID' '{"type":"module","id":10,"name":"x","build_id":"../../x"}'
broken 'bad total' '{"type":"total","allocs":null}'
broken 'bad leaks' '{"type":"leaks","lost":-1}'
broken 'bad leaks' '{"type":"leaks","at_ms":null}'
broken 'bad leak' '{"type":"leak","frame":1,"blocks":"many"}'
broken 'bad leak' '{"type":"block"}'
broken 'bad leak' '{"type":"block","frame":4000000}'
broken 'bad event' '{"type":"event","at_ms":-1}'

# Forty places to cut a file, and eighty bytes to change in it: never a crash.
size=$(stat -c %s good)
for i in $(seq 1 40); do
    head -c $((size * i / 41)) good >shorter
    status=0
    "$m" report --no-symbols --tree shorter >"$tmp/out" 2>"$tmp/err" || status=$?
    [[ $status = [34] ]] || fail "status $status of a file cut at $((size * i / 41))"
    one_line "$tmp/err" "file cut at $((size * i / 41))"
done
for i in $(seq 1 80); do
    at=$((size * i / 81))
    { head -c $at good; printf "\\x$(printf %02x $((i * 37 % 256)))"
        tail -c +$((at + 2)) good; } >changed
    cmp -s good changed && continue
    status=0
    "$m" report --no-symbols -n0 -d0 changed >"$tmp/out" 2>"$tmp/err" || status=$?
    [[ $status = [34] ]] || fail "status $status of a file changed at $at"
done
