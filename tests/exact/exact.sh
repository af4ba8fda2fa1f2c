# Allocations, frees and bytes are what valgrind counts, to the last byte.
#
# Where the two may differ, and what makes them agree here:
# - At exit valgrind calls __libc_freeres and its C++ like, which a program does not: off.
# - valgrind puts variables of its own into the environment, and so do we. Programs that copy
#   theirs (bash, perl, git) differ by just those copies; none of them is here.
# - The first exception's emergency pool of libstdc++, stdio's buffers, the loader's link maps
#   and thread control blocks are counted by both.
# - Each new thread's table of TLS blocks (calloc in ld.so's allocate_dtv) has an entry of 16
#   bytes more under the library, which has thread-local words; $more says how many bytes.
# - A realloc is one free and one allocation with both.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"
need valgrind jq

compared=0
more=0
# exact COMMAND …: the same "allocs frees bytes" by both.
exact() {
    local wanted file clean=(env -i "PATH=$PATH" "LC_ALL=$LC_ALL" "PWD=$PWD")
    rm -rf "$tmp/dir"
    mkdir -m 700 "$tmp/dir"
    timeout 200 "${clean[@]}" valgrind --run-libc-freeres=no --run-cxx-freeres=no \
        --log-file="$tmp/log" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null ||
        fail "$* under valgrind: status $?"
    wanted=$(tr -d , <"$tmp/log" | awk -v more="$more" \
        '/total heap usage:/ { print $5, $7, $9 + more }')
    [ -n "$wanted" ] || fail "$*: valgrind says nothing"
    timeout 60 "${clean[@]}" LD_PRELOAD="$MTALLOC_SO" MTALLOC_OPTIONS="exit=summary,dir=$tmp/dir" "$@" \
        >"$tmp/out2" 2>"$tmp/err2" </dev/null || fail "$*: status $?"
    cmp "$tmp/out" "$tmp/out2" || fail "$*: another output"
    file=$(only_file "$tmp/dir" '*.mtalloc')
    summary check --still "$file" || fail "$*: bad summary"
    expect_equal "$wanted" \
        "$(jq -r 'select(.type == "total") | "\(.allocs) \(.frees) \(.alloc_bytes)"' "$file")" "$*"
    expect_at_least 100 "${wanted%% *}" "$*: allocations"
    compared=$((compared + 1))
}

program exact/resize.c
more=16 # the second thread takes over the first one's stack and table
exact "$tmp/resize"
more=0
if command -v "${CXX%% *}" >/dev/null; then
    program exact/containers.cc
    exact "$tmp/containers"
fi
exact seq 1 1000
exact ls -l /usr/lib
command -v sqlite3 >/dev/null && exact sqlite3 :memory: "create table t(a integer primary key, b);
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 500)
        insert into t select i, 'row ' || i from n;
    create index i on t(b); select count(*), max(b) from t where b like '%7%' group by a % 5;"
command -v lua5.4 >/dev/null &&
    exact lua5.4 -e 'local t = {} for i = 1, 3000 do t[i] = { tostring(i) } end print(#table.concat({ "a", "b" }), #t)'
exact jq -n '[range(300) | {a: ., b: "x\(.)"}] | map(.b) | join(",") | length'
# The compiler is not here: its hash tables are keyed by address, and their growth differs.
expect_at_least 6 "$compared" "programs compared"
