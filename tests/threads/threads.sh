# Counts of many threads add up to the byte with what the programs counted themselves.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"

# adds_up NAME [ARGUMENT …]
adds_up() {
    profile "$@"
    expect_equal "$(cat "$tmp/out")" \
        "$(summary function "$summary_file" "$tmp/$1" make_block)" "$*: counts of make_block"
}

for name in ring many_threads cancelled after_exit fork_often fork_once; do
    program "threads/$name.c"
done

for round in 1 2 3; do
    adds_up ring 8 40000
done
adds_up ring 128 15000 # more threads than have counters of their own
adds_up after_exit
adds_up cancelled 300
adds_up many_threads 1 200
adds_up many_threads 10 20
adds_up many_threads 3000 1
adds_up many_threads 2 300
