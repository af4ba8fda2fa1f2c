#!/bin/bash
# Figures of the library that are no ratios: latency of single calls, start-up, a large
# summary, a storm of signals, its own memory. See bench/README.md.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

runs=${1:-5} # of the latency program; start-up is measured 60 times as often
operations=${BENCH_OPERATIONS:-1000000}
sites=${BENCH_SITES:-100000}
blocks=${BENCH_BLOCKS:-5000000}
work=$(mktemp -d "${TMPDIR:-/tmp}/mtalloc-figures.XXXXXX")
# A recording lies in memory, as by default; on a disk every page waits for its journal.
recordings=$(mktemp -d /dev/shm/mtalloc-figures.XXXXXX 2>/dev/null) || recordings=$work
trap 'rm -rf "$work" "$recordings"' EXIT

row() { # FIGURE CELL…
    printf '| %-42s ' "$1" && shift
    printf '| %13s ' "$@" && echo '|'
}

row_of() { # FIGURE CELLS
    local -a cells
    read -r -a cells <<<"$2"
    row "$1" "${cells[@]}"
}

head_of_table() { # TITLE COLUMN…
    echo && echo "$1" && echo && shift
    row "" "$@"
    printf '| %s ' "------------------------------------------"
    printf '| %s ' "${@/*/------------:}" && echo '|'
}

run_latency() { # NAME LIBRARY RUN OPTIONS
    LD_PRELOAD=$2 MTALLOC_OPTIONS=$4 "$programs/latency" "$operations" "$work/$1.$3"
}

quantiles_of() { # NAME KIND
    sed -n "s/^$2 //p" "$work/$1"
}

added() { # NAME KIND: what that has more than jemalloc
    paste -d ' ' <(quantiles_of "$1" "$2") <(quantiles_of jemalloc "$2") |
        awk '{ for (i = 1; i <= NF / 2; i++) printf "%d ", $i - $(i + NF / 2) }'
}

# Nanoseconds of single calls with each library in turns, and what ours adds.
latency() {
    local run name kind i
    for ((run = 1; run <= runs; run++)); do
        run_latency jemalloc "$jemalloc_so" "$run" ""
        run_latency mtalloc "$mtalloc_so" "$run" ""
        run_latency recorder "$mtalloc_so" "$run" "recorder=$recordings/recording"
        rm -f "$recordings/recording"
    done
    for name in jemalloc mtalloc recorder; do
        "$programs/quantiles" "$work/$name".[0-9]* >"$work/$name" && rm "$work/$name".[0-9]*
    done
    head_of_table "Latency of one malloc or free, ns ($runs runs of $operations pairs)" \
        p50 p99 p99.9 p99.99 max
    for kind in runs floor; do
        row_of "${names_of_kinds[$kind]}: jemalloc" "$(quantiles_of jemalloc $kind)"
        row_of "  added by mtalloc" "$(added mtalloc $kind)"
        row_of "  added by mtalloc with a recorder" "$(added recorder $kind)"
    done
    row "bound of what is added" "" "" "" 5000 100000
}
declare -A names_of_kinds=([runs]="median of the runs" [floor]="least of each call")

start_up() {
    local -a plain jemalloc mtalloc
    {
        read -r -a plain && read -r -a jemalloc && read -r -a mtalloc
    } < <("$programs/start" $((runs * 60)) /bin/true - "$jemalloc_so" "$mtalloc_so")
    ((${#mtalloc[@]})) || die "start-up cannot be measured"
    row "/bin/true, added by jemalloc, ms" "$(ms "${jemalloc[1]}")" ""
    row "/bin/true, added by mtalloc, ms" "$(ms "${mtalloc[1]}")" 1
    row "  95 % interval" "$(ms "${mtalloc[2]}")-$(ms "${mtalloc[3]}")" ""
}

ms() { # MICROSECONDS
    awk -v us="$1" 'BEGIN { printf "%.2f", us / 1000 }'
}

summary() {
    local took size first frames
    mkdir -m 700 "$work/summaries"
    took=$(LD_PRELOAD=$mtalloc_so \
        MTALLOC_OPTIONS="min_dump_interval=0,dir=$work/summaries" "$programs/sites" "$sites" 5)
    find "$work/summaries" -name '*.mtalloc' >"$work/list"
    [[ $(wc -l <"$work/list") == 5 ]] || die "not five summaries in $work/summaries"
    read -r first <"$work/list"
    size=$(stat -c %s "$first")
    awk -v least="$sites" -F '"' '$4 == "site" { sites++ } $4 == "frame" { frames++ }
        END { print sites + 0, frames + 0; exit sites < least }' "$first" >"$work/counts" ||
        die "too few sites in the summary: $(cat "$work/counts")"
    read -r sites frames <"$work/counts"
    row "summary of $sites sites, $frames nodes, ms" "$took" 120
    row "  its size, MB" "$(awk -v n="$size" 'BEGIN { printf "%.1f", n / 1e6 }')" 45
}

# A signal that asks for a summary too soon after another one, among four busy threads.
storm() {
    local -a took
    mkdir -m 700 "$work/storm"
    read -r -a took < <(LD_PRELOAD=$mtalloc_so \
        MTALLOC_OPTIONS="min_dump_interval=3600000,dir=$work/storm" "$programs/storm" "${BENCH_SIGNALS:-100000}")
    ((${#took[@]})) || die "the storm of signals cannot be measured"
    [[ $(find "$work/storm" -type f | wc -l) == 1 ]] || die "not one summary in $work/storm"
    row "suppressed signal, us" "${took[0]}" 3
    row "  with a handler that does nothing, us" "${took[1]}" ""
}

# KiB that the library has more than plain jemalloc, with no and with 64 further threads.
memory() {
    local plain under threads=64
    local -a plain under plain_threads under_threads
    read -r -a plain < <(LD_PRELOAD=$jemalloc_so "$programs/memory" 0)
    read -r -a under < <(LD_PRELOAD=$mtalloc_so "$programs/memory" 0)
    read -r -a plain_threads < <(LD_PRELOAD=$jemalloc_so "$programs/memory" $threads)
    read -r -a under_threads < <(LD_PRELOAD=$mtalloc_so "$programs/memory" $threads)
    row "small program: memory added, KiB" $((under[0] - plain[0])) 4096
    row "  mapped files included, KiB" $((under[1] - plain[1])) ""
    row "per thread: memory added, KiB" $(((under_threads[0] - under[0] - plain_threads[0] + plain[0]) / threads)) 32
}

# Looking through a heap, and what another thread's mallocs take meanwhile.
looks() {
    local name
    LD_PRELOAD=$mtalloc_so MTALLOC_OPTIONS=log=none "$programs/looks" "$blocks" >"$work/looks" ||
        die "looks $blocks failed"
    head_of_table "Looking through $blocks blocks, $(awk '$1 == "heap" { printf "%.1f GiB", $2 / 1048576 }' "$work/looks"), and another thread's malloc meanwhile" \
        ms "CPU, ms" "memory, MiB" "p50, ns" "p99.9, ns" "longest, ms"
    for name in nothing check blocks reachable; do
        row_of "${names_of_looks[$name]}" "$(awk -v name=$name '$1 == name && !seen++ {
            printf "%d %d %.1f %d %d %.2f", $2, $3, $4 / 1024, $6, $7, $8 / 1e6 }' "$work/looks")"
    done
}
declare -A names_of_looks=([nothing]="no look" [check]="mtalloc_check()"
    [blocks]="leaks=blocks" [reachable]="leaks=reachable")

for library in "$jemalloc_so" "$mtalloc_so"; do
    [[ -e $library ]] || { echo "left out: latency, start-up, summary, signals, memory (there is no $library)"; exit 0; }
done
latency
head_of_table "Start-up, summary, signals, memory" measured bound
start_up
summary
storm
memory
looks
