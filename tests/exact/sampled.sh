# stack=sampled: figures per call are exact, figures per stack are estimates that hold what
# statistics promise, and `mtalloc report` prints those.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"
need python3 nm

# under OPTIONS COMMAND …: its summary, in $file.
under() {
    local options=$1
    shift
    rm -rf "$tmp/dir"
    mkdir -m 700 "$tmp/dir"
    env -i "PATH=$PATH" LD_PRELOAD="$MTALLOC_SO" "${environment[@]}" \
        MTALLOC_OPTIONS="exit=summary,dir=$tmp/dir,$options" "$@" >"$tmp/out" 2>"$tmp/err" ||
        fail "$*: status $?: $(cat "$tmp/err")"
    [ ! -s "$tmp/err" ] || fail "$*: $(cat "$tmp/err")"
    file=$tmp/$((++files)).mtalloc
    mv "$(only_file "$tmp/dir" '*.mtalloc')" "$file"
}
files=0
declare -a environment=(LC_ALL=C)

program exact/sampled.c -g
under stack=sampled,sample=128K "$tmp/sampled"
"$srcdir/tests/exact/sampled.py" stacks "$file" "$tmp/sampled" "$tmp/out"

# What a person is shown adds up to what was allocated, and names the way.
"$MTALLOC_CMD" report --path "$tmp" --sort allocated --depth 2 --top 0 "$file" >"$tmp/report"
grep -q '^tracking .*stacks: estimated from one in 128K$' "$tmp/report" ||
    fail "the report does not say that it estimates: $(head -12 "$tmp/report")"
expect_equal 12 "$(grep -c '  path_' "$tmp/report")" "stacks in the report"
truth=$(awk '$1 == "path_9" { printf "%.0f", $2 * $3 / 1048576 }' "$tmp/out")
shown=$(grep -B1 '  path_9' "$tmp/report" | awk '$4 ~ /M$/ { printf "%.0f", $4 }')
[ "$shown" -gt $((truth * 9 / 10)) ] && [ "$shown" -lt $((truth * 11 / 10)) ] ||
    fail "path_9: the report says ${shown}M, it was ${truth}M"

# What was sampled is certain, whatever else the same call allocated: 100 blocks of 4 MiB.
under stack=sampled "$tmp/sampled" certain
"$MTALLOC_CMD" report --path "$tmp" --sort live --depth 2 "$file" >"$tmp/report"
shown=$(grep -B1 '  path_0' "$tmp/report" | awk '$7 == "get" { print $2 }')
[ "$shown" -ge 98 ] && [ "$shown" -le 102 ] ||
    fail "100 large blocks are estimated as $shown: $(cat "$tmp/report")"

# compare COMMAND …: the same figures per call as without sampling. The option's value is
# in the environment, which some copy, so it is as long both times.
compare() {
    local full
    under stack=full,sample=032768 "$@"
    full=$file
    under stack=sampled,sample=32K "$@"
    "$srcdir/tests/exact/sampled.py" calls "$full" "$file" || fail "$*"
}
environment+=(PYTHONMALLOC=malloc PYTHONHASHSEED=0)
compare /usr/bin/python3 -S -E -c 'import json
print(len(json.dumps([{"a": i, "b": "x%d" % i, "c": [i] * 9} for i in range(3000)])))'
command -v sqlite3 >/dev/null && compare sqlite3 :memory: "create table t(a integer primary key, b);
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000)
        insert into t select i, 'row ' || i from n;
    create index i on t(b); select count(*), max(b) from t where b like '%7%' group by a % 5;"
exit 0
