# The benchmark, as short as it gets: what it prints, what it keeps, what it draws, and that
# it notices what must not pass for a measurement.
. "${srcdir:-.}/tests/lib.sh"
need awk
jemalloc=$(ldconfig -p | awk '$1 == "libjemalloc.so.2" { print $NF }')
[ -n "$jemalloc" ] || skip "libjemalloc2 is not installed"
export BUILD=$builddir

bench() {
    TMPDIR=$tmp timeout 600 bash "$srcdir/bench/run.sh" --csv "$tmp/csv" "$@"
}

# Loads and peers of the short run; a peer that is made to be missing is named.
expect_status 0 bench --list
loads=$(sed -n 2p "$tmp/out") peers=$(sed -n 4p "$tmp/out")
for name in z3 nginx huge aligned; do
    [[ " $loads " == *" $name "* ]] || fail "no load is called $name: $loads"
done
for name in jemalloc-exact gperftools heaptrack dhat scudo; do
    [[ " $peers " == *" $name "* ]] || fail "no peer is called $name: $peers"
done

expect_status 0 bench -n 2 -l resize -p mtalloc,jemalloc-prof --only-ratios
cp "$tmp/out" "$tmp/report"
number='[0-9]+\.[0-9]+'
expect_match '^machine: ' "$tmp/report" "description"
for title in 'Wall time' 'CPU time' 'Peak RSS'; do
    expect_match "^$title, ratio to jemalloc" "$tmp/report" "tables"
done
expect_match "^\| resize +\| +$number \| +[0-9.]+ \| +[1-9][0-9]*\.[0-9] \| +$number \[" "$tmp/report" \
    "seconds, pairs a second, depth and a ratio"
expect_equal 2 "$(grep -cE '^resize,jemalloc,[12],[0-9.]+,[0-9.]+,[0-9.]+,[1-9][0-9]*,0$' "$tmp/csv")" \
    "measurements of plain jemalloc"
expect_equal 2 "$(grep -cE '^resize,mtalloc,[12],.*,0$' "$tmp/csv")" "measurements of mtalloc"
# 2,500,729 by plain counting of the program's calls, and some of the C library's.
allocations=$(awk '$1 == "#fact" && $2 == "resize" { print $3 }' "$tmp/csv")
expect_at_least 2500000 "$allocations" "allocations of resize"

# A library that cannot be preloaded is no peer.
expect_status 0 env MTALLOC_SO="$tmp/none.so" BUILD="$BUILD" bash "$srcdir/bench/run.sh" \
    --csv "$tmp/other.csv" -n 1 -l resize -p mtalloc --only-ratios
expect_match '^left out: peer mtalloc \(there is no ' "$tmp/out" "a missing peer"
expect_no_match ',mtalloc,' "$tmp/other.csv" "a missing peer"
# One that changes the program's output fails the benchmark.
echo 'int main(void); __attribute__((constructor)) static void hello(void) { __builtin_puts("hello"); }' |
    $CC -shared -fPIC -x c - -o "$tmp/loud.so" || fail "cannot compile"
expect_status 1 env MTALLOC_SO="$tmp/loud.so" BUILD="$BUILD" bash "$srcdir/bench/run.sh" \
    --csv "$tmp/other.csv" -n 1 -l resize -p mtalloc --only-ratios
expect_match '^bench: wrong results: resize mtalloc' "$tmp/err" "another output"

# The other figures: each row has one.
BENCH_SIGNALS=2000 BENCH_OPERATIONS=20000 BENCH_SITES=1000 BENCH_BLOCKS=100000 TMPDIR=$tmp bash "$srcdir/bench/figures.sh" 1 >"$tmp/figures"
for row in 'median of the runs: jemalloc' 'least of each call: jemalloc'; do
    expect_match "^\| $row +\| +[1-9][0-9]* \| +[1-9]" "$tmp/figures" "latency"
done
expect_equal 4 "$(grep -cE '^\|   added by mtalloc.*( +-?[0-9]+ \|){5}$' "$tmp/figures")" "rows of what is added"
expect_match '^\| /bin/true, added by mtalloc, ms +\| +-?[0-9]' "$tmp/figures" "start-up"
expect_match '^\| summary of 10[0-9][0-9] sites, 30[0-9][0-9] nodes, ms +\| +[0-9]' "$tmp/figures" "summary"
expect_match '^\| suppressed signal, us +\| +[0-9]+\.[0-9]+ \| +3 \|' "$tmp/figures" "a storm of signals"
expect_match '^\| small program: memory added, KiB +\| +-?[0-9]' "$tmp/figures" "memory"
expect_match '^\| per thread: memory added, KiB +\| +-?[0-9]' "$tmp/figures" "memory per thread"
for row in 'no look' 'mtalloc_check\(\)' leaks=blocks leaks=reachable; do
    expect_match "^\| $row +\|( +[0-9][0-9.]* \|){6}$" "$tmp/figures" "looks"
done

# With a recorder, and watched: six states, two rows each.
BENCH_OPERATIONS=600000 TMPDIR=$tmp bash "$srcdir/bench/outside.sh" 1 >"$tmp/outside"
expect_equal 12 "$(grep -cE '^\| [a-z ].*[a-z0-9] +(\| +[0-9]+ ){5}\|$' "$tmp/outside")" "rows of what it costs to be recorded"
expect_match '^top looked [1-9][0-9]* times in 1 runs\.$' "$tmp/outside" "top looks at the program"
expect_equal '' "$(find "$tmp" -mindepth 1 -maxdepth 1 -name 'mtalloc-*')" "left in TMPDIR"

# The figure has a mark's label and a row for what was measured.
need gnuplot
bash "$srcdir/bench/plot.sh" "$tmp/csv" "$tmp/svg" >"$tmp/out"
for text in resize 'geometric mean' mtalloc jemalloc-prof 'wall time, ratio to plain jemalloc'; do
    grep -qF ">$text<" "$tmp/svg" || fail "the figure lacks: $text"
done
