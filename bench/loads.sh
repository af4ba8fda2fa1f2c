# The programs that are measured.
#
#   name | run by | needed commands | what is run: NAME=VALUE … COMMAND ARGUMENT …
#
# `run by` is the least of `make bench` (bench) and `make bench-full` (full).
# Standard input is $work/NAME.in where prepare_NAME made it. What a program prints must be
# the same under every peer and in every round. "server" is a server and its client: see
# servers.sh.
#
# shellcheck shell=bash disable=SC2154 # $work, $programs, $bench: from run.sh
loads_table() {
    cat <<END
sqlite3  | bench | sqlite3          | sqlite3 -batch :memory:
python3  | bench | /usr/bin/python3 | PYTHONMALLOC=malloc PYTHONHASHSEED=0 /usr/bin/python3 -
cc1      | bench | gcc              | $(gcc -print-prog-name=cc1) -quiet -O2 -fpreprocessed $work/unit.i -o -
z3       | bench | z3               | z3 -smt2 rlimit=2000000 smt.random_seed=1 sat.random_seed=1 -in
redis    | bench | redis-server,redis-cli,redis-benchmark | server
nginx    | bench | nginx,ab         | server
churn    | bench | $programs/churn  | $programs/churn
factor   | bench | -                | $programs/factor
resize   | bench | -                | $programs/resize
huge     | bench | -                | $programs/huge
aligned  | bench | -                | $programs/aligned
threads  | bench | -                | $programs/threads 2
thread   | full  | -                | $programs/threads 1
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

# That a number has no two factors of such sizes, by bit-blasting; then quantifiers are
# instantiated until the resource limit, which counts steps and not time, is reached.
prepare_z3() {
    cat >"$work/z3.in" <<'END'
(push)
(declare-const p (_ BitVec 28))
(declare-const q (_ BitVec 28))
(assert (= (bvmul p q) #x3a95f41))
(assert (bvugt p #x0000001))
(assert (bvule p #x0001fff))
(assert (bvugt q p))
(assert (bvule q #x0003fff))
(check-sat)
(pop)
(declare-fun f (Int Int) Int)
(declare-fun g (Int) Int)
(declare-const n Int)
(assert (forall ((x Int) (y Int)) (=> (< x y) (< (f x n) (f y n)))))
(assert (forall ((x Int)) (= (g (g x)) (f x (+ x 1)))))
(assert (forall ((x Int) (y Int)) (=> (> (f x y) 3) (> (g x) (g (- y 1))))))
(assert (> (g 3) (f 4 5)))
(assert (< (f 1 2) (g 7)))
(check-sat)
END
}
