# limit_live and limit_site: one event for each crossing, within 1 MiB of the limit, by one
# thread and by four, with the site that crossed; what limit_action does.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"
need jq

program detect/options/limits.c
cd "$tmp"
MiB=1048576

# limited OPTIONS STATUS ARGUMENT …: runs it; summaries come into $tmp/dir.
limited() {
    local status=0
    rm -rf dir
    mkdir -m 700 dir
    timeout 60 env LD_PRELOAD="$MTALLOC_SO" MTALLOC_OPTIONS="exit=summary,dir=$tmp/dir,$1" \
        ./limits "${@:3}" >out 2>err || status=$?
    expect_equal "$2" "$status" "limits ${*:3} under $1: status"
}

# crossings KIND MiB: how often, each within 1 MiB above the limit.
crossings() {
    local file
    file=$(only_file dir 'limits.*.exit.*.mtalloc')
    jq -c "select(.type == \"event\" and .kind == \"$1\")" "$file" >events
    expect_equal "" "$(jq "select(.value <= $2 * $MiB or .value > ($2 + 1) * $MiB) | .value" events)" \
        "bytes live at the crossing of $2 MiB"
    wc -l <events
}

for threads in 1 4; do
    limited limit_live=10M 0 $threads 20 0 3
    expect_equal 3 "$(crossings limit-live 10)" "crossings, $threads threads"
    expect_equal 3 "$(grep -c '^mtalloc: WARNING: limit-live live=[0-9]* limit=10485760$' err)" "lines"
    # To and fro between 95 and 105 %, then from below 90 % again.
    limited limit_live=20M 0 $threads 21 19 5
    expect_equal 1 "$(crossings limit-live 20)" "one event at the limit, $threads threads"
    limited limit_live=20M 0 $threads 21 16 3
    expect_equal 3 "$(crossings limit-live 20)" "armed again, $threads threads"

    limited limit_site=10M 0 $threads 20 2 3
    expect_equal 3 "$(crossings limit-site 10)" "crossings of a site, $threads threads"
    expect_equal 3 "$(grep -c '^mtalloc: WARNING: limit-site live=[0-9]* limit=10485760$' err)" "lines"
    grow=$(nm -S limits | awk '$4 == "grow" { print "0x" $1, "0x" $2 }')
    frame=$(jq -s '.[0].error_frame' events)
    expect_equal 1 "$(jq -s 'map(.error_frame) | unique | length' events)" "sites that crossed"
    offset=$(jq "select(.type == \"frame\" and .id == $frame) | .offset" dir/*)
    # shellcheck disable=SC2086 # two words
    set -- $grow
    [ $((offset)) -gt $(($1)) ] && [ $((offset)) -le $(($1 + $2)) ] ||
        fail "the site at $offset is not in grow, $grow"
    limited limit_site=20M 0 $threads 21 19 5
    expect_equal 1 "$(crossings limit-site 20)" "one event of a site, $threads threads"
done

"$MTALLOC_CMD" report dir/limits.*.exit.* >report
expect_match '^limit-site after .*, 2[01],[0-9]{3},[0-9]{3} bytes live$' report "the report"

# Both at once, and what is not reached.
limited limit_live=10M,limit_site=12M 0 2 15 0 1
expect_equal "1 1" "$(crossings limit-live 10) $(crossings limit-site 12)" "two limits"
limited limit_live=17M,limit_site=17M 0 2 15 0 1
expect_equal "0 0 0" "$(crossings limit-live 17) $(crossings limit-site 17) $(wc -l <err)" "none"

# Bytes of [untracked] belong to no site; those of a caller do.
limited stack=off,limit_site=10M,limit_action=log+abort 0 1 20 0 2
expect_equal "0 0" "$(crossings limit-site 10) $(wc -l <err)" "what is no site"
limited stack=caller,limit_site=10M 0 1 20 0 2
expect_equal 2 "$(crossings limit-site 10)" "a caller"

# Actions.
limited limit_live=10M,limit_action=dump 0 2 20 0 2
expect_equal 0 "$(wc -l <err)" "lines without log"
expect_equal 2 "$(find dir -name 'limits.*.limit.*.mtalloc' | wc -l)" "summaries"
for file in dir/*; do
    summary check "$file" || fail "a bad summary"
done
expect_equal limit "$(summary get "$(find dir -name '*.limit.*' | tail -n 1)" header.reason)" "reason"
limited limit_site=10M,limit_action=log+dump+abort 134 1 20 0 2
expect_match 'limit-site' err "the last word"
expect_equal 1 "$(find dir -name 'limits.*.limit.*.mtalloc' | wc -l)" "summaries before the end"
for wrong in nothing log+ +log log+nothing ''; do
    limited "limit_live=10M,limit_action=$wrong" 0 1 20 0 1
    expect_match 'option-ignored option=limit_action' err "limit_action=$wrong"
    expect_equal 1 "$(grep -c limit-live err)" "the default"
done
