# nginx under load, reloaded meanwhile, stopped gracefully.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/apps/lib.sh"
PATH=$PATH:/usr/sbin
need nginx ab curl

chmod 711 "$tmp"
mkdir -p "$tmp/www" "$tmp/run"
seq 1 20000 >"$tmp/www/numbers"
# A port nobody has: ab knows no sockets of files.
port=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >"$tmp/conf" <<END_CONF
daemon off; worker_processes 2; pid $tmp/run/pid; error_log $tmp/run/error;
$([ "$(id -u)" -ne 0 ] || echo "user root;")
events { worker_connections 256; }
http {
    access_log off; gzip on; gzip_min_length 1; gzip_types *;
    client_body_temp_path $tmp/run/b; proxy_temp_path $tmp/run/p; fastcgi_temp_path $tmp/run/f;
    uwsgi_temp_path $tmp/run/u; scgi_temp_path $tmp/run/s;
    server { listen 127.0.0.1:$port; root $tmp/www; }
    server { listen unix:$tmp/run/socket; location / { proxy_pass http://127.0.0.1:$port; } }
}
END_CONF

fetch() { curl -s --compressed --unix-socket "$tmp/run/socket" "http://localhost/$1" | sha256sum; }

# serve COMMAND …: through which nginx is run.
serve() {
    "$@" timeout 120 nginx -e "$tmp/run/error" -c "$tmp/conf" >"$tmp/out" 2>"$tmp/err" &
    runner=$!
    end_with_test $runner
    wait_for 20 curl -sf "http://127.0.0.1:$port/numbers" || { cat "$tmp/err" "$tmp/run/error" >&2; fail "nginx does not answer"; }
    master=$(cat "$tmp/run/pid")
    end_with_test "$master"
}
finish() {
    local status=0
    kill -QUIT "$master"
    wait "$runner" || status=$?
    expect_equal 0 $status "status of nginx"
    [ ! -s "$tmp/err" ] || fail "on stderr: $(cat "$tmp/err")"
}

serve env
expected="$(fetch numbers) $(fetch none)"
finish
for mode in default everything; do
    rm -rf "$tmp"/dir/* "$memory/recording" "$tmp/run/error"
    serve under $mode
    mapped "$master" || fail "the library is not mapped"
    (for _ in 1 2 3 4 5; do sleep 0.3; kill -HUP "$master"; done) &
    reloads=$!
    timeout 60 ab -q -n 6000 -c 16 -H 'Accept-Encoding: gzip' "http://127.0.0.1:$port/numbers" >"$tmp/ab" 2>&1 ||
        { cat "$tmp/ab" >&2; fail "ab"; }
    wait $reloads
    expect_match '^Complete requests: *6000$' "$tmp/ab" "requests"
    expect_match '^Failed requests: *0$' "$tmp/ab" "requests"
    expect_equal "$expected" "$(fetch numbers) $(fetch none)" "$mode: answers"
    finish
    ! grep -E 'mtalloc: |signal [0-9]+ .*core|exited on signal' "$tmp/run/error" >&2 || fail "$mode: see above"
    counted "nginx, $mode" nginx 500
    expect_at_least 5 "$(find "$tmp/dir" -name '*.mtalloc' | wc -l)" "summaries of workers"
done
