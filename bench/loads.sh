# The programs that are measured.
#
#   name | run by default | needed command | what is run: NAME=VALUE … COMMAND ARGUMENT …
#
# Standard input is $work/NAME.in where prepare_NAME made it. What a program prints must be
# the same under every peer and in every round. A load that is more than one command has a
# function measure_NAME instead: see measure_redis.
#
# shellcheck shell=bash disable=SC2154 # $work, $programs, $bench: from run.sh
loads_table() {
    cat <<END
sqlite3  | yes | sqlite3      | sqlite3 -batch :memory:
python3  | yes | /usr/bin/python3 | PYTHONMALLOC=malloc PYTHONHASHSEED=0 /usr/bin/python3 -
cc1      | yes | gcc          | $(gcc -print-prog-name=cc1) -quiet -O2 -fpreprocessed $work/unit.i -o -
redis    | yes | redis-server | -
churn    | yes | $programs/churn | $programs/churn
factor   | yes | -            | $programs/factor
resize   | yes | -            | $programs/resize
threads  | yes | -            | $programs/threads 2
thread   | no  | -            | $programs/threads 1
END
}

# 300,000 rows inserted one statement each, indexed, queried.
prepare_sqlite3() {
    awk 'BEGIN {
        print "CREATE TABLE item(id INTEGER PRIMARY KEY, code INTEGER, name TEXT, price REAL);"
        print "BEGIN;"
        for (i = 1; i <= 300000; i++)
            printf "INSERT INTO item VALUES(%d,%d,\047item number %d\047,%d.5);\n", \
                i, i * 7919 % 100003, i * 31 % 50021, i % 997
        print "COMMIT;"
        print "CREATE INDEX item_code ON item(code);"
        print "CREATE INDEX item_name ON item(name);"
        for (i = 1; i <= 400; i++)
            printf "SELECT count(*), sum(price) FROM item WHERE code BETWEEN %d AND %d;\n", \
                i * 37 % 90000, i * 37 % 90000 + 50
        print "SELECT name, count(*), max(price) FROM item GROUP BY name ORDER BY 3, 1 LIMIT 20;"
    }' >"$work/sqlite3.in"
}

# Documents built, written, parsed again and searched.
prepare_python3() {
    cat >"$work/python3.in" <<'END'
import hashlib, json

def document(seed):
    return {"id": seed, "name": "customer %d" % seed, "active": seed % 3 == 0,
            "tags": ["tag%d" % (seed * k % 101) for k in range(8)],
            "orders": [{"number": "%d-%d" % (seed, k), "total": seed * k % 9973 / 7,
                        "lines": list(range(seed % 5 + k))} for k in range(6)]}

digest = hashlib.sha256()
for round in range(2):
    text = json.dumps([document(seed) for seed in range(round * 1000, round * 1000 + 5000)])
    parsed = json.loads(text)
    by_tag = {}
    for entry in parsed:
        for tag in entry["tags"]:
            by_tag.setdefault(tag, []).append(entry["name"].upper())
    digest.update(text.encode())
    digest.update(repr(sorted((tag, len(names)) for tag, names in by_tag.items())).encode())
print(digest.hexdigest())
END
}

# The system's headers and some hundred functions with loops, tables and branches.
prepare_cc1() {
    awk 'BEGIN {
        n = split("stdio stdlib string math time errno signal unistd pthread netdb", header)
        for (i = 1; i <= n; i++)
            print "#include <" header[i] ".h>"
        print "struct cell { int kind, count; double weight; struct cell *next; };"
        for (i = 1; i <= 40; i++) {
            printf "static const int table%d[8] = {%d,%d,%d,%d,%d,%d,%d,%d};\n", i, \
                i, i * 3, i * 7, i * 11, i * 13, i * 17, i * 19, i * 23
            printf "double work%d(struct cell *c, int n, char *text)\n{\n", i
            print  "    double sum = 0; int i, j;"
            print  "    for (i = 0; i < n; i++, c = c->next ? c->next : c)"
            printf "        switch ((c->kind + i) %% %d) {\n", 4 + i % 3
            printf "        case 0: sum += c->weight * table%d[i & 7]; break;\n", i
            printf "        case 1: for (j = 0; j < c->count; j++) sum -= sqrt(j + %d.0); break;\n", i
            printf "        case 2: text[i & 15] = (char)(c->kind + %d); break;\n", i
            printf "        case 3: sum += snprintf(text, 16, \"%%d:%d\", c->count); break;\n", i
            print  "        default: if (c->next) { c->next->count += i; c->kind ^= n; }"
            print  "        }"
            if (i > 1)
                printf "    return sum > n ? work%d(c, n / 2, text) : sum;\n}\n", i - 1
            else
                print  "    return sum;\n}"
        }
    }' >"$work/unit.c"
    gcc -E -P -D_GNU_SOURCE "$work/unit.c" -o "$work/unit.i"
}

# redis-server under the peer, redis-benchmark without it: the time is the client's, the
# peak RSS the server's. Checked by the length of the list that LPUSH made.
redis_ask() {
    redis-cli -s "$work/redis.sock" "$@" 2>"$work/redis-cli.err"
}

redis_wait() { # PID
    local i
    for ((i = 0; i < 200; i++)); do
        kill -0 "$1" 2>/dev/null || break
        [[ $(redis_ask ping) == PONG ]] && return
        sleep 0.05
    done
    echo "redis-server did not answer" >&2
    return 1
}

measure_redis() { # OUTPUT WRAPPER-AND-ENVIRONMENT…
    local output=$1 times pid server_times rss
    shift
    rm -f "$work/redis.sock"
    measure -o "$work/redis.log" "$@" redis-server --port 0 --unixsocket "$work/redis.sock" \
        --dir "$work" --save "" --appendonly no >"$work/redis.times" 2>"$work/err" &
    local server=$!
    redis_wait "$server" || { wait "$server"; return 1; }
    times=$(measure -o "$work/redis-benchmark.log" redis-benchmark -s "$work/redis.sock" \
        -c 20 -P 16 -q -r 50000 -n 128000 -d 64 -t set,get,lpush,hset)
    redis_ask llen mylist >"$output"
    pid=$(redis_ask info server | tr -d '\r' | sed -n 's/^process_id://p')
    rss=$(awk '/^VmHWM:/ { print $2 }' "/proc/$pid/status")
    redis_ask shutdown nosave || true
    wait "$server"
    read -r -a server_times <"$work/redis.times"
    read -r -a times <<<"$times"
    [[ ${server_times[4]} == 0 ]] || times[4]=${server_times[4]}
    echo "${times[0]} ${server_times[1]} ${server_times[2]} $rss ${times[4]}"
}
