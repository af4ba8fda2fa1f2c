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

# A thread that allocates leaves shared memory alone: the library's data and the region's
# header are written to by what happens now and then, in all by fewer than one operation in a
# hundred; with quarantine a block of 64 goes through a ring.
program threads/shared_writes.c -pthread
while read -r options most; do
    status=0
    preload "$options" "$tmp/shared_writes" >"$tmp/out" || status=$?
    [ "$status" -ne 77 ] || break # not this processor
    expect_equal 0 "$status" "shared_writes with $options"
    read -r operations stores <"$tmp/out"
    expect_at_least 20000 "$operations" "operations"
    expect_at_least 5 "$stores" "stores seen with $options"
    [ "$stores" -le "$most" ] ||
        fail "$stores stores to shared memory in $operations operations with $options"
done <<'END'
quarantine=off 200
quarantine=sample 1000
stack=off,quarantine=off 200
END
