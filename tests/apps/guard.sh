# Real programs with every block in a guard slot, as long as there are such: the same output
# and status, and nothing found. And what takes SIGSEGV for itself, with a block in a thousand
# there.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/apps/lib.sh"

modes=everything everything=preset=guard,leaks=off,log_level=error
cat >"$tmp/rows.sql" <<'END'
create table t(id integer primary key, name text, value real);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000)
    insert into t select i, 'name ' || (i * 7919 % 20011), i * 0.5 from n;
create index by_name on t(name);
select substr(name, 1, 6) as prefix, count(*) from t group by prefix order by prefix limit 20;
select nonsense;
END
cat >"$tmp/work.py" <<'END'
import json, re, threading
rows = [{"id": i, "name": "row %d" % i, "values": list(range(i % 50))} for i in range(500)]
text = json.dumps(rows)
print(len(text), len(json.loads(text)), len(re.findall("row [0-9]*7", text)))
found = {}
def work(n):
    found[n] = sorted(str(i * n) for i in range(300))[n]
threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(sorted(found.items()))
END
! command -v sqlite3 >/dev/null || same sqlite3 sqlite3 1000 sqlite3 :memory: ".read $tmp/rows.sql"
same python3 'python3[.0-9]*' 2000 /usr/bin/python3 "$tmp/work.py"
same "python3 with malloc" 'python3[.0-9]*' 10000 env PYTHONMALLOC=malloc /usr/bin/python3 "$tmp/work.py"
same "compiling C" cc1 1000 gcc -O1 -D_GNU_SOURCE -I"$srcdir/tests" -c "$srcdir/tests/stacks/truth.c" -o truth.o
! command -v perl >/dev/null || same perl perl 1000 perl -e \
    '$h{$_ % 97} .= "x" x ($_ % 31) for 1 .. 3000; print map { "$_ " . length($h{$_}) . "\n" } sort keys %h'
program threads/many_threads.c
same "50 threads" many_threads 500 "$tmp/many_threads" 1 50

# A JVM asks by SIGSEGV for null checks and safepoints; node and python's faulthandler take it
# to say something before the end.
everything=guard=1000
still='' apart=100
cat >"$tmp/null.js" <<'END'
const text = JSON.stringify(Array.from({ length: 2000 }, (_, i) => ({ i, v: "x".repeat(i % 50) })));
console.log(require("zlib").gunzipSync(require("zlib").gzipSync(text)).toString() === text);
END
! command -v node >/dev/null || same node node 2000 node "$tmp/null.js"
if command -v java >/dev/null; then
    also_written=(-name 'hsperfdata*')
    cat >"$tmp/Nulls.java" <<'END'
public class Nulls {
    static int length(String text) { return text.length(); }
    public static void main(String[] arguments) {
        int caught = 0;
        for (int i = 0; i < 200000; i++)
            try { caught += length(i % 3 == 0 ? null : "text"); } catch (NullPointerException e) { caught++; }
        System.out.println(caught);
    }
}
END
    same java java 10000 java -XX:-UsePerfData "$tmp/Nulls.java"
fi
also_written=()
status=0
preload guard=all /usr/bin/python3 -X faulthandler -c 'import ctypes; ctypes.string_at(0)' \
    >"$tmp/out" 2>"$tmp/err" || status=$?
expect_equal 139 "$status" "python3's faulthandler: status"
expect_match '^Fatal Python error: Segmentation fault' "$tmp/err" "python3's faulthandler"
