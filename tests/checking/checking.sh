# Under a checking build, which unwinds every captured stack a second time from scratch and
# stops at the first difference, real programs run to their end: every stack that was
# captured incrementally was the true one.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"
need sqlite3 /usr/bin/python3 gcc

MTALLOC_SO=$builddir/tests/checking/libmtalloc.so
[ -e "$MTALLOC_SO" ] || make -C "$builddir" tests/checking/libmtalloc.so >"$tmp/make" 2>&1 ||
    { cat "$tmp/make" >&2; fail "cannot build $MTALLOC_SO"; }
mkdir -m 700 "$tmp/dir" "$tmp/work"

# checked NAME LEAST COMMAND …: all processes of COMMAND together capture at least LEAST
# stacks, and all of them were compared.
checked() {
    local name=$1 least=$2 file captures=0 compared=0 status=0
    shift 2
    rm -rf "$tmp"/dir/*
    (cd "$tmp/work" && timeout 300 env LD_PRELOAD="$MTALLOC_SO" \
        MTALLOC_OPTIONS="exit=summary,dir=$tmp/dir" "$@" </dev/null) \
        >"$tmp/out" 2>"$tmp/err" || status=$?
    expect_no_match 'checking:' "$tmp/err" "$name"
    [ "$status" -eq 0 ] || { cat "$tmp/err" >&2; fail "$name ended with status $status"; }
    for file in "$tmp"/dir/*.mtalloc; do
        captures=$((captures + $(summary get "$file" total.captures)))
        compared=$((compared + $(summary get "$file" total.checked)))
    done
    expect_equal "$captures" "$compared" "$name: comparisons"
    expect_at_least "$least" "$captures" "$name: captures"
    echo "$name: $captures stacks, all compared"
}

cat >"$tmp/rows.sql" <<'END'
create table t(id integer primary key, name text, value real);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000)
    insert into t select i, 'name ' || (i * 7919 % 20011), i * 0.5 from n;
create index by_name on t(name);
select substr(name, 1, 6) as prefix, count(*) from t group by prefix order by prefix;
update t set name = upper(name) where id % 3 = 0;
select id, name from t order by name desc limit 10;
END
checked sqlite3 5000 sqlite3 :memory: ".read $tmp/rows.sql"

cat >"$tmp/work.py" <<'END'
import json, re, threading
rows = [{"id": i, "name": "row %d" % i, "values": list(range(i % 20))} for i in range(300)]
print(len(json.loads(json.dumps(rows))), len(re.findall("row [0-9]*7", str(rows))))
def deep(n):
    return sorted([str(n)], key=lambda s: deep(n - 1) if n else 0)
threads = [threading.Thread(target=deep, args=(40,)) for n in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
END
checked python3 50000 env PYTHONMALLOC=malloc /usr/bin/python3 "$tmp/work.py"

checked "compiling C" 20000 gcc -O2 -D_GNU_SOURCE -I"$srcdir/tests" \
    -c "$srcdir/tests/stacks/truth.c" -o "$tmp/truth.o"

if command -v "${CXX%% *}" >/dev/null; then
    program checking/exceptions.cc
    checked "exceptions and threads in C++" 10000 "$tmp/exceptions"
fi

for level in -O0 -O2; do
    flags="-std=gnu11 -D_GNU_SOURCE $test_flags $level -fno-builtin -Wno-unused-result"
    from=$srcdir/tests/stacks
    $CC $flags -shared -fPIC -o "$tmp/libtree.so" "$from/library.c" "$from/truth.c"
    for name in calltree walk hard_stacks; do
        $CC $flags -o "$tmp/$name" "$from/$name.c" -L"$tmp" -Wl,-rpath,"$tmp" -ltree
        checked "$name $level" 100 "$tmp/$name"
    done
done
