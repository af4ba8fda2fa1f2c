# redis-server under load, with SIGUSR1 arriving all the while, and a clean shutdown.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"
need redis-server redis-benchmark redis-cli

mkdir -m 700 "$tmp/dir"

# serve PLACE COMMAND …: starts a server there, sets $server.
serve() {
    local place=$1
    shift
    mkdir -m 700 "$place"
    (cd "$place" && exec timeout 200 "$@" --port 0 --unixsocket "$place/socket" --save '' \
        --appendonly no --daemonize no --pidfile "$place/pid") >"$place.out" 2>"$place.err" &
    runner=$!
    end_with_test $runner
    wait_for 20 test -s "$place/pid" || { cat "$place.err" >&2; fail "redis did not start"; }
    server=$(cat "$place/pid")
    end_with_test "$server"
    wait_for 20 redis-cli -s "$place/socket" ping || fail "redis does not answer"
}

# A fixed dialogue, whose answers do not depend on the allocator.
talk() {
    redis-cli -s "$1/socket" <<'END'
flushall
set greeting hello
append greeting " world"
get greeting
rpush list a b c d e f g
lrange list 1 4
hset hash one 1 two 2 three 3
hgetall hash
zadd ranks 3 c 1 a 2 b
zrange ranks 0 -1 withscores
eval "local t = {} for i = 1, 2000 do t[i] = tostring(i) end return #table.concat(t)" 0
object encoding list
no such command
dbsize
memory doctor
END
}

finish() {
    redis-cli -s "$1/socket" shutdown nosave >/dev/null 2>&1 || true
    local status=0
    wait "$runner" || status=$?
    expect_equal 0 "$status" "status of redis-server in $1"
    [ ! -s "$1.err" ] || fail "redis-server wrote on stderr: $(cat "$1.err")"
    expect_match 'bye bye' "$1.out" "clean shutdown"
}

serve "$tmp/plain" redis-server
talk "$tmp/plain" >"$tmp/plain.answers"
finish "$tmp/plain"

serve "$tmp/under" env LD_PRELOAD="$MTALLOC_SO" \
    MTALLOC_OPTIONS="exit=summary,dir=$tmp/dir,max_dumps=1000,min_dump_interval=20" redis-server
grep -q "$(basename "$(realpath "$MTALLOC_SO")")" "/proc/$server/maps" ||
    fail "the library is not mapped in redis-server"
talk "$tmp/under" >"$tmp/under.answers"
diff "$tmp/plain.answers" "$tmp/under.answers" || fail "other answers"

(while kill -USR1 "$server" 2>/dev/null; do sleep 0.01; done) &
signals=$!
end_with_test $signals
timeout 150 redis-benchmark -s "$tmp/under/socket" -q -n 30000 -c 20 -P 8 -d 100 \
    -t set,get,lpush,hset,zadd,lrange_100 >"$tmp/benchmark" 2>&1 ||
    { cat "$tmp/benchmark" >&2; fail "redis-benchmark"; }
expect_equal 7 "$(tr '\r' '\n' <"$tmp/benchmark" | grep -c 'requests per second, p50')" "loads"
talk "$tmp/under" >"$tmp/under.answers"
diff "$tmp/plain.answers" "$tmp/under.answers" || fail "other answers after the load"
kill $signals
finish "$tmp/under"

summary check "$tmp"/dir/*.mtalloc
grep -l '"reason":"exit"' "$tmp"/dir/*.mtalloc >"$tmp/last"
expect_equal 1 "$(wc -l <"$tmp/last")" "summaries of the exit"
summary check --still "$(cat "$tmp/last")"
expect_at_least 100000 "$(summary get "$(cat "$tmp/last")" total.allocs)" "allocations"
expect_at_least 5 "$(grep -l '"reason":"signal"' "$tmp"/dir/*.mtalloc | wc -l)" \
    "summaries of signals"
expect_equal "" "$(find "$tmp/dir" "$tmp/under" -type f ! -name '*.mtalloc')" "stray files"
