# Real programs run under the library as they do without it: the same output and status,
# nothing from us on stderr, no stray file; and the library counted what they did.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"
need sqlite3 /usr/bin/python3

mkdir -m 700 "$tmp/dir" "$tmp/tmpdir" "$tmp/plain" "$tmp/under"
export TMPDIR=$tmp/tmpdir PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1
fallbacks() { find /var/tmp -maxdepth 1 -name 'mtalloc-*' | sort; }
fallbacks_before=$(fallbacks)

# run_in DIRECTORY COMMAND …: output in DIRECTORY.out and .err, status in .status.
run_in() {
    local place=$1 status=0
    shift
    (cd "$place" && timeout 100 "$@") >"$place.out" 2>"$place.err" </dev/null || status=$?
    echo "$status" >"$place.status"
}

# same NAME PROGRAM LEAST COMMAND …: without and with the library; the summaries of PROGRAM
# (an extended regular expression) count at least LEAST allocations each.
same() {
    local name=$1 program=$2 least=$3 file part programs
    shift 3
    rm -rf "$tmp"/plain/* "$tmp"/under/* "$tmp"/dir/*
    run_in "$tmp/plain" "$@"
    run_in "$tmp/under" env LD_PRELOAD="$MTALLOC_SO" \
        MTALLOC_OPTIONS="exit=summary,dir=$tmp/dir" "$@"
    for part in out err status; do
        cmp "$tmp/plain.$part" "$tmp/under.$part" ||
            { cat "$tmp/under.err" >&2; fail "$name: another $part"; }
    done
    diff -r "$tmp/plain" "$tmp/under" || fail "$name: other files"
    programs=
    for file in "$tmp"/dir/*.mtalloc; do
        summary check --still "$file" || fail "$name: bad summary"
        if summary get "$file" header.program | grep -Eqx "$program"; then
            expect_at_least "$least" "$(summary get "$file" total.allocs)" "$name: allocations"
            expect_equal 0 "$(summary get "$file" total.overflow_allocs)" "$name: overflow"
            programs=yes
        fi
    done
    [ "$programs" ] || fail "$name: no summary of $program"
    [ -z "$(find "$tmp/dir" -type f ! -name '*.mtalloc')" ] || fail "$name: $(ls "$tmp/dir")"
    [ -z "$(ls "$tmp/tmpdir")" ] || fail "$name: left in TMPDIR: $(ls "$tmp/tmpdir")"
    expect_equal "$fallbacks_before" "$(fallbacks)" "$name: /var/tmp"
}

cat >"$tmp/rows.sql" <<'END'
create table t(id integer primary key, name text, value real);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000)
    insert into t select i, 'name ' || (i * 7919 % 20011), i * 0.5 from n;
create index by_name on t(name);
select count(*), sum(value) from t where name like 'name 1%';
select substr(name, 1, 6) as prefix, count(*) from t group by prefix order by prefix limit 20;
update t set name = upper(name) where id % 3 = 0;
select id, name from t order by name desc limit 10;
select nonsense;
END
same sqlite3 sqlite3 10000 sqlite3 :memory: ".read $tmp/rows.sql"

cat >"$tmp/work.py" <<'END'
import json, re, subprocess, sys, threading
rows = [{"id": i, "name": "row %d" % i, "values": list(range(i % 50))} for i in range(4000)]
text = json.dumps(rows)
again = json.loads(text)
print(len(text), sum(len(row["values"]) for row in again), len(re.findall("row [0-9]*7", text)))
def work(n):
    found[n] = sorted(str(i * n) for i in range(3000))[n]
found = {}
threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(sorted(found.items()))
print(subprocess.run(["/bin/echo", "from a child"], stdout=subprocess.PIPE).stdout)
sys.exit(3)
END
same python3 'python3[.0-9]*' 3000 /usr/bin/python3 "$tmp/work.py"
same "python3 with malloc" 'python3[.0-9]*' 100000 env PYTHONMALLOC=malloc /usr/bin/python3 "$tmp/work.py"

same "compiling C" cc1 10000 gcc -O2 -D_GNU_SOURCE -I"$srcdir/tests" \
    -c "$srcdir/tests/stacks/truth.c" -o truth.o
same "compiling wrong C" cc1 1000 gcc -c "$tmp/rows.sql" -x c -o none.o -x c "$tmp/rows.sql"

program threads/many_threads.c
same "200 threads" many_threads 2000 "$tmp/many_threads" 1 200

if command -v "${CXX%% *}" >/dev/null; then
    same "compiling C++" cc1plus 10000 "${CXX%% *}" -std=c++17 -fsized-deallocation -O1 \
        -D_GNU_SOURCE -I"$srcdir/tests" -c "$srcdir/tests/contract/operators.cc" -o operators.o
fi
