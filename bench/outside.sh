#!/bin/bash
# What it costs to be recorded, and to be watched: latency of single calls with and without a
# recorder, on tmpfs and on a disk, there also beside a dd that keeps it busy; and with
# `mtalloc top` attached at 1 Hz. See bench/README.md.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

runs=${1:-5}
operations=${BENCH_OPERATIONS:-1000000}
mtalloc=${MTALLOC_CMD:-$builddir/mtalloc}
work=$(mktemp -d "${TMPDIR:-/tmp}/mtalloc-outside.XXXXXX")
memory=$(mktemp -d /dev/shm/mtalloc-outside.XXXXXX 2>/dev/null) || memory=
writer=
end() {
    [[ -z $writer ]] || kill "$writer" 2>/dev/null || true
    rm -rf "$work" ${memory:+"$memory"}
}
trap end EXIT

[[ -e $mtalloc_so ]] || { echo "left out: recorder, top (there is no $mtalloc_so)"; exit 0; }

measure() { # NAME RUN OPTIONS
    LD_PRELOAD=$mtalloc_so MTALLOC_OPTIONS=$3 "$programs/latency" "$operations" "$work/$1.$2"
    rm -f "$work/recording" ${memory:+"$memory/recording"}
}

# Looked at in its first moment and every second.
watched() { # NAME RUN
    local program
    LD_PRELOAD=$mtalloc_so "$programs/latency" "$operations" "$work/$1.$2" &
    program=$!
    "$mtalloc" top --json --no-symbols -i 1 "$program" >>"$work/looks" 2>/dev/null || true
    wait "$program"
}

# A disk that always has something to write.
keep_disk_busy() {
    local dd
    trap 'kill "$dd" 2>/dev/null; exit' TERM
    while :; do
        dd if=/dev/zero of="$work/busy" bs=1M count=512 conv=fdatasync status=none &
        dd=$!
        wait "$dd"
    done
}

row() { # FIGURE CELLS
    printf '| %-42s ' "$1"
    # shellcheck disable=SC2086 # several cells
    printf '| %9s ' $2 && echo '|'
}

rows() { # NAME TEXT
    "$programs/quantiles" "$work/$1".[0-9]* >"$work/$1"
    row "$2" "$(sed -n 's/^runs //p' "$work/$1")"
    row "  least of each call" "$(sed -n 's/^floor //p' "$work/$1")"
    rm "$work/$1".[0-9]*
}

for ((run = 1; run <= runs; run++)); do
    measure none $run ""
    [[ -z $memory ]] || measure tmpfs $run "recorder=$memory/recording"
    measure disk $run "recorder=$work/recording"
    watched top $run
done
keep_disk_busy &
writer=$!
for ((run = 1; run <= runs; run++)); do
    measure none-dd $run ""
    measure disk-dd $run "recorder=$work/recording"
done
kill "$writer"
wait "$writer" || true
writer=

echo
echo "Latency of one malloc or free with libmtalloc, ns (median of $runs runs of $operations pairs)"
echo
row "" "p50 p99 p99.9 p99.99 max"
row "------------------------------------------" "--------: --------: --------: --------: --------:"
rows none "no recorder"
[[ -z $memory ]] || rows tmpfs "recorder on tmpfs"
rows disk "recorder on $(stat -f -c %T "$work")"
rows none-dd "no recorder, dd to the same disk"
rows disk-dd "recorder on $(stat -f -c %T "$work"), dd to it"
rows top "top attached at 1 Hz"
echo
echo "top looked $(grep -c '^{' "$work/looks" || true) times in $runs runs."
