# redis with persistence: snapshots and rewrites by forked children while it serves, a kill,
# and the data again; active defragmentation, jemalloc's own interface, answers as it does.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/apps/lib.sh"
need redis-server redis-benchmark redis-cli

ask() { redis-cli -s "$tmp/place/socket" "$@"; }
# serve COMMAND …: through which redis is run.
serve() {
    "$@" timeout 100 redis-server --port 0 --unixsocket "$tmp/place/socket" --dir "$tmp/place" \
        --appendonly yes --enable-debug-command yes --save '3600 1' --pidfile "$tmp/place/pid" >"$tmp/log" 2>"$tmp/err" &
    runner=$!
    end_with_test $runner
    wait_for 20 sh -c "redis-cli -s '$tmp/place/socket' ping | grep -q PONG" || { cat "$tmp/log" "$tmp/err" >&2; fail "redis does not answer"; }
    server=$(cat "$tmp/place/pid")
    end_with_test "$server"
}
idle() { ask info persistence | grep -q 'rdb_bgsave_in_progress:0' && ask info persistence | grep -q 'aof_rewrite_in_progress:0'; }

# session COMMAND …: what it answers goes to $tmp/answers.
session() {
    rm -rf "$tmp/place" && mkdir "$tmp/place"
    serve "$@"
    {
        ask config set activedefrag yes
        ask eval 'for i = 1, 20000 do redis.call("set", "key" .. i, string.rep("v", i % 200)) end return 1' 0
        for _ in 1 2 3; do
            ask bgsave
            redis-benchmark -s "$tmp/place/socket" -q -n 3000 -c 10 -t lpush,hset >/dev/null
            wait_for 30 idle
            ask bgrewriteaof
            ask eval 'for i = 1, 20000, 3 do redis.call("del", "key" .. i) end return redis.call("dbsize")' 0
            wait_for 30 idle
        done
        ask info persistence | grep -E 'last_(bgsave|bgrewrite)_status'
        ask debug digest
        ask memory purge
    } >"$tmp/answers" 2>&1
    kill -KILL "$server"
    wait "$runner" 2>/dev/null || true
    serve "$@"
    { ask debug digest && ask dbsize; } >>"$tmp/answers" 2>&1
    ask shutdown save >/dev/null 2>&1 || true
    wait "$runner" || fail "redis ended with status $?"
    [ ! -s "$tmp/err" ] || fail "on stderr: $(cat "$tmp/err")"
}

session env
cp "$tmp/answers" "$tmp/plain.answers"
expect_equal 2 "$(grep -c 'status:ok' "$tmp/answers")" "snapshots"
expect_equal 2 "$(grep -cE '^[0-9a-f]{40}$' "$tmp/answers")" "digests"
expect_equal 1 "$(grep -E '^[0-9a-f]{40}$' "$tmp/answers" | sort -u | wc -l)" "the data after the kill"
for mode in default everything; do
    rm -rf "$tmp"/dir/* "$memory/recording"
    session under $mode
    diff "$tmp/plain.answers" "$tmp/answers" >&2 || fail "$mode: other answers"
    still= # its threads run on
    counted "redis, $mode" 'redis-.*' 20000
done
