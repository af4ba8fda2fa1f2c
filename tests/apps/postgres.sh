# PostgreSQL: initdb, pgbench with four clients, an immediate stop (as a crash), recovery.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/apps/lib.sh"
bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
[ -x "$bin/initdb" ] || skip "postgresql is not installed"

# It refuses to run as root.
user=()
if [ "$(id -u)" -eq 0 ]; then
    need setpriv
    user=(setpriv --reuid=postgres --regid=postgres --clear-groups)
    chmod 711 "$tmp"
    chown postgres "$tmp/dir" "$tmp/tmpdir" "$HOME"
fi
cp "$MTALLOC_SO" "$tmp/libmtalloc.so.postgres"
MTALLOC_SO=$tmp/libmtalloc.so.postgres
chmod 755 "$MTALLOC_SO"
install -d -m 700 ${user[0]:+-o postgres} "$tmp/data"

as_user() { (cd "$tmp/data" && timeout 120 "${user[@]}" "$@"); }
query() { as_user "$bin/psql" -h "$tmp/data" -p 54329 -Atq postgres -c "$1"; }
# server MODE PG_CTL-ARGUMENT …
server() {
    local options
    options=$(options_of "$1")
    shift
    as_user env LD_PRELOAD="$MTALLOC_SO" MTALLOC_OPTIONS="$options" "$bin/pg_ctl" -w -s \
        -D "$tmp/data/db" -l "$tmp/data/log" \
        -o "-c unix_socket_directories='$tmp/data' -c listen_addresses='' -p 54329 -c fsync=off" "$@" \
        >>"$tmp/ctl" 2>&1 || { cat "$tmp/ctl" "$tmp/data/log" >&2; fail "pg_ctl $*"; }
}
at_end() { as_user "$bin/pg_ctl" -s -D "$tmp/data/db" -m immediate stop >/dev/null 2>&1; }

for mode in default everything; do
    rm -rf "$tmp"/data/* "$tmp"/dir/* "$memory/recording"
    [ $mode = default ] || everything="preset=test,leaks=off,frames=512,log_level=error,recorder=$tmp/dir/recording"
    as_user env LD_PRELOAD="$MTALLOC_SO" MTALLOC_OPTIONS="$(options_of default)" "$bin/initdb" -D "$tmp/data/db" -N -A trust \
        >"$tmp/out" 2>"$tmp/err" || { cat "$tmp/err" >&2; fail "initdb"; }
    ! grep -q mtalloc "$tmp/err" || { cat "$tmp/err" >&2; fail "initdb: a report"; }
    server $mode start
    mapped "$(head -n 1 "$tmp/data/db/postmaster.pid")" || fail "the library is not mapped"
    as_user "$bin/pgbench" -h "$tmp/data" -p 54329 -q -i -s 1 postgres >"$tmp/out" 2>&1 ||
        { cat "$tmp/out" >&2; fail "pgbench -i"; }
    as_user "$bin/pgbench" -h "$tmp/data" -p 54329 -n -c 4 -j 2 -t 250 postgres >"$tmp/out" 2>&1 ||
        { cat "$tmp/out" >&2; fail "pgbench"; }
    expect_match '1000/1000' "$tmp/out" "transactions"
    query "create table kept as select g, md5(g::text) from generate_series(1, 5000) g"
    sums="select sum(abalance), (select sum(tbalance) from pgbench_tellers),
        (select sum(delta) from pgbench_history), (select count(*) from pgbench_history),
        (select md5(string_agg(md5, '' order by g)) from kept) from pgbench_accounts"
    before=$(query "$sums")
    [ "$(cut -d'|' -f1 <<<"$before")" = "$(cut -d'|' -f3 <<<"$before")" ] || fail "sums: $before"
    server $mode -m immediate stop
    server $mode start
    expect_equal "$before" "$(query "$sums")" "$mode: after the recovery"
    query "do \$\$ begin raise exception 'wrong'; end \$\$" 2>"$tmp/err" && fail "no error"
    expect_match 'wrong' "$tmp/err" "an error"
    server $mode -m fast stop
    expect_match 'automatic recovery in progress' "$tmp/data/log" "it recovered"
    ! grep -E 'mtalloc: (ERROR|error|warning)|terminated by signal' "$tmp/data/log" >&2 || fail "$mode: see above"
    rm -f "$tmp/dir/recording"
    counted "postgres, $mode" postgres 10000
done
