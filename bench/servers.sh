# Loads that are a server and its client. The server runs under the peer, the client without
# it: the time is the client's, CPU time and peak RSS are the server's. Of a server NAME,
#
#   start_NAME   sets `server_words`: how the server is started
#   answers_NAME succeeds once it answers
#   pid_NAME     prints the process that serves
#   ask_NAME     is the client: prints what `measure` printed, writes into its argument what
#                must be the same in every run
#   end_NAME     asks the server to end with status 0
#
# shellcheck shell=bash disable=SC2154,SC2034 # $work: from run.sh; server_words: see above

measure_server() { # NAME OUTPUT WRAPPER-AND-ENVIRONMENT…
    local name=$1 output=$2 i server times server_times server_words rss
    shift 2
    "start_$name"
    measure -o "$work/$name.log" "$@" "${server_words[@]}" >"$work/$name.times" 2>"$work/err" &
    server=$!
    for ((i = 0; ; i++)); do
        ! "answers_$name" >/dev/null 2>&1 || break
        if ((i == 400)) || ! kill -0 "$server" 2>/dev/null; then
            echo "the server $name did not answer" >>"$work/err"
            kill "$server" 2>/dev/null || true
            wait "$server" || true
            return 1
        fi
        sleep 0.05
    done
    times=$("ask_$name" "$output")
    rss=$(awk '/^VmHWM:/ { print $2 }' "/proc/$("pid_$name")/status")
    "end_$name" || true
    wait "$server"
    read -r -a server_times <"$work/$name.times"
    read -r -a times <<<"$times"
    [[ ${server_times[4]} == 0 ]] || times[4]=${server_times[4]}
    echo "${times[0]} ${server_times[1]} ${server_times[2]} $rss ${times[4]}"
}

# ---- redis: set, get, lpush, hset, pipelined. Checked by the length of the list. ----

redis_ask() {
    redis-cli -s "$work/redis.sock" "$@" 2>"$work/redis-cli.err"
}

start_redis() {
    rm -f "$work/redis.sock"
    server_words=(redis-server --port 0 --unixsocket "$work/redis.sock" --dir "$work" --save ""
        --appendonly no)
}

answers_redis() {
    [[ $(redis_ask ping) == PONG ]]
}

pid_redis() {
    redis_ask info server | tr -d '\r' | sed -n 's/^process_id://p'
}

ask_redis() {
    measure -o "$work/redis-benchmark.log" redis-benchmark -s "$work/redis.sock" \
        -c 20 -P 16 -q -r 50000 -n 128000 -d 64 -t set,get,lpush,hset
    redis_ask llen mylist >"$1"
}

end_redis() {
    redis_ask shutdown nosave
}

# ---- nginx: one process, a new connection for each request, the answer compressed. ----

nginx_requests=12000

prepare_nginx() {
    mkdir -p "$work/www"
    seq 1 500 >"$work/www/numbers"
    # A port nobody has: ab knows no sockets of files.
    nginx_port=$(/usr/bin/python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    cat >"$work/nginx.conf" <<END
daemon off; master_process off; pid $work/nginx.pid; error_log $work/nginx.error;
events { worker_connections 256; }
http {
    access_log off; gzip on; gzip_types *;
    client_body_temp_path $work/nginx.b; proxy_temp_path $work/nginx.p;
    fastcgi_temp_path $work/nginx.f; uwsgi_temp_path $work/nginx.u; scgi_temp_path $work/nginx.s;
    server { listen 127.0.0.1:$nginx_port; root $work/www; }
}
END
}

start_nginx() {
    rm -f "$work/nginx.pid"
    server_words=(nginx -e "$work/nginx.error" -c "$work/nginx.conf")
}

answers_nginx() {
    [[ -s $work/nginx.pid ]] && : >"/dev/tcp/127.0.0.1/$nginx_port"
}

pid_nginx() {
    cat "$work/nginx.pid"
}

ask_nginx() {
    measure -o "$work/ab.log" ab -q -n $nginx_requests -c 16 -H 'Accept-Encoding: gzip' \
        "http://127.0.0.1:$nginx_port/numbers"
    grep -E '^(Complete|Failed) requests' "$work/ab.log" >"$1"
}

end_nginx() {
    kill -QUIT "$(pid_nginx)"
}
