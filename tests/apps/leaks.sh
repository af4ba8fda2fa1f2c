# leaks=reachable against valgrind's memcheck over real programs: no block is lost here that
# is not lost there, and what perl loses at its end is found.
. "${srcdir:-.}/tests/lib.sh"
need valgrind
cd "$tmp"
export PYTHONMALLOC=malloc PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1 HOME=$tmp

cat >work.pl <<'END_PERL'
my %h;
for my $i (1 .. 2000) { $h{"key$i"} = [map { $_ * $i } 1 .. 5]; }
my $s = join ",", map { "@{$h{$_}}" } sort keys %h;
$s =~ s/1(\d)/$1x/g;
my @l = sort { $a cmp $b } split /,/, $s;
eval { die { a => 1 } };
open my $f, '<', $0;
my @lines = <$f>;
print length($s), " ", scalar(@l), " ", scalar(@lines), "\n";
END_PERL
cat >work.lua <<'END_LUA'
local t = {}
for i = 1, 3000 do t[i] = {x = i, s = ("%d"):rep(3):format(i, i, i)} end
local co = coroutine.wrap(function() for i = 1, 100 do coroutine.yield(i) end end)
for i = 1, 50 do co() end
table.sort(t, function(a, b) return a.s < b.s end)
print(#t, t[1].s, pcall(error, {}))
END_LUA
cat >work.sh <<'END_SH'
declare -A seen
for i in {1..300}; do seen[$i]=$((i * i)); x=${seen[$i]//1/2}; done
f() { local a=$1; [ $a -gt 0 ] && f $((a - 1)); }
f 20
arr=(a b c)
trap 'echo bye' EXIT
echo "${#seen[@]} $x ${arr[1]}"
END_SH
cat >work.py <<'END_PY'
import json, re
d = {str(i): [i, {"a": "x" * (i % 50)}] for i in range(500)}
s = json.dumps(d)
class A: pass
a = A(); a.me = a; del a
print(len(s), len(json.loads(s)), re.sub("[0-9]+", "n", s)[:20])
END_PY
printf 'all:\n\t@echo made\nx y z: all\n' >Makefile
echo '(declare-const x Int)(assert (> (* x x) 50))(check-sat)(get-model)' >work.smt2

# lost_by_memcheck: "blocks bytes" that memcheck calls lost, definitely or indirectly.
lost_by_memcheck() {
    sed -nE 's/^==[0-9]+== +(definitely|indirectly) lost: ([0-9,]+) bytes in ([0-9,]+) blocks/\3 \2/p' "$1" |
        tr -d , | awk '{ blocks += $1; bytes += $2 } END { print blocks + 0, bytes + 0 }'
}
# lost_by_us SUMMARY: the same.
lost_by_us() {
    sed -nE 's/.*"type":"leaks","mode":"reachable","because":"none".*"lost":([0-9]+),"lost_bytes":([0-9]+),"indirect":([0-9]+),"indirect_bytes":([0-9]+),.*/\1 \2 \3 \4/p' "$1" |
        awk '{ print $1 + $3, $2 + $4 }'
}

# compare LEAST COMMAND …: at least that many blocks are lost.
compared=0
compare() {
    local least=$1 program
    shift
    program=$(basename "$1")
    command -v "$1" >/dev/null || { echo "$1 is not installed"; return 0; }
    timeout 600 valgrind --run-libc-freeres=no --run-cxx-freeres=no --leak-check=full \
        --trace-children=no --log-file=memcheck "$@" >/dev/null 2>&1 ||
        fail "$* under valgrind: status $?"
    mkdir -m 700 dir
    preload "leaks=reachable,exit=summary,exit_budget_ms=60000,log=none,dir=$tmp/dir" "$@" \
        >/dev/null 2>&1 || fail "$*: status $?"
    local -a theirs ours
    read -r -a theirs < <(lost_by_memcheck memcheck)
    read -r -a ours < <(lost_by_us "$(only_file dir "$program*.mtalloc")")
    echo "$program: lost ${ours[*]}, by memcheck ${theirs[*]} (blocks, bytes)"
    expect_at_least "${ours[0]}" "${theirs[0]}" "$program: blocks lost by memcheck"
    expect_at_least "${ours[1]}" "${theirs[1]}" "$program: bytes lost by memcheck"
    expect_at_least "$least" "${ours[0]}" "$program: blocks lost"
    rm -r dir
    compared=$((compared + 1))
}
compare 10 perl work.pl
compare 0 bash work.sh
compare 0 lua5.4 work.lua
compare 0 luajit -e 'print(("x"):rep(10))'
compare 0 /usr/bin/python3 work.py
compare 0 make
compare 0 z3 work.smt2
compare 0 vim --version
[ "$compared" -ge 3 ] || skip "only $compared programs are installed"
