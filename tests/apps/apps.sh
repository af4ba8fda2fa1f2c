# Real programs run under the library as they do without it: the same output and status,
# nothing from us on stderr, no stray file; and the library counted what they did.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/apps/lib.sh"
need sqlite3 /usr/bin/python3

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
