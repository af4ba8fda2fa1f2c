#!/bin/bash
# Compares allocators on real programs: wall time, CPU time and peak RSS as ratios to plain jemalloc.
# What is measured and how: bench/README.md.
set -euo pipefail
export LC_ALL=C.UTF-8
unset MTALLOC_OPTIONS LD_PRELOAD

usage() {
    cat <<END
usage: bench/run.sh [-n ROUNDS] [-l LOAD,…] [-p PEER,…] [--csv FILE] [--no-pairs] [--list]
  -n ROUNDS     measure each load under each peer that often (default 4)
  -l LOAD,…     loads, or "all"
  -p PEER,…     peers beside plain jemalloc
  --csv FILE    where the single measurements go (default: bench/results.csv in the build
                directory)
  --no-pairs    leave out the instructions per malloc and free
  --list        names the loads and peers
The build directory is \$BUILD, by default the one it is called in.
END
}

die() {
    echo "bench: $*" >&2
    exit 1
}

bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
builddir=$(cd "${BUILD:-.}" && pwd)
programs=$builddir/bench
mtalloc_so=${MTALLOC_SO:-$builddir/libmtalloc.so}
jemalloc_so=$(ldconfig -p | awk '$1 == "libjemalloc.so.2" && !found++ { print $NF }')
work=$(mktemp -d "${TMPDIR:-/tmp}/mtalloc-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT

. "$bench/peers.sh"
. "$bench/loads.sh"

measure() {
    "$programs/measure" "$@"
}

# Field COLUMN of the row called NAME.
field() { # TABLE NAME COLUMN
    "$1" | awk -F ' *[|] *' -v name="$2" -v column="$3" \
        '{ gsub(/^ +| +$/, "") } $1 == name { print $column }'
}

names() { # TABLE
    "$1" | awk '{ print $1 }'
}

# ---- what is asked for, and what is there ----

parse_arguments() {
    rounds=4 chosen_loads='' chosen_peers=$peers_default csv=$programs/results.csv pairs=yes
    while (($#)); do
        case $1 in
        -n) rounds=${2:?} && shift ;;
        -l) chosen_loads=${2//,/ } && shift ;;
        -p) chosen_peers=${2//,/ } && shift ;;
        --csv) csv=${2:?} && shift ;;
        --no-pairs) pairs=no ;;
        --list) list && exit ;;
        -h | --help) usage && exit ;;
        *) usage >&2 && exit 2 ;;
        esac
        shift
    done
    [[ $rounds =~ ^[1-9][0-9]*$ ]] || die "-n wants a number, not \"$rounds\""
    [[ $chosen_loads != all ]] || chosen_loads=$(names loads_table)
}

list() {
    echo "loads:" && names loads_table | paste -sd ' '
    echo "peers:" && names peers_table | paste -sd ' '
}

there() { # COMMAND-OR-DASH
    [[ $1 == - ]] || command -v "$1" >/dev/null
}

choose_loads() {
    loads=()
    local load
    for load in ${chosen_loads:-$(names loads_table)}; do
        [[ -n $(field loads_table "$load" 1) ]] || die "no load is called $load (see --list)"
        [[ -n $chosen_loads || $(field loads_table "$load" 2) == yes ]] || continue
        if there "$(field loads_table "$load" 3)"; then
            loads+=("$load")
        else
            echo "left out: $load ($(field loads_table "$load" 3) is not installed)"
        fi
    done
}

choose_peers() {
    local peer preloaded wrapper
    peers=()
    for peer in jemalloc $chosen_peers; do
        [[ -n $(field peers_table "$peer" 1) ]] || die "no peer is called $peer (see --list)"
        [[ $peer != jemalloc || ${#peers[@]} == 0 ]] || continue
        preloaded=$(field peers_table "$peer" 3) wrapper=$(field peers_table "$peer" 5)
        if [[ $preloaded != - && ! -e $preloaded ]] || ! there "${wrapper%% *}"; then
            echo "left out: $peer (${preloaded#-}${wrapper#-} is missing)"
        else
            peers+=("$peer")
        fi
    done
    [[ ${peers[0]-} == jemalloc ]] || die "install libjemalloc2: all ratios are to it"
}

describe_machine() {
    echo "machine:  $(lscpu | sed -n 's/^Model name: *//p' | head -1), $(nproc) cores," \
        "$(awk '/MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo)"
    echo "system:   $(. /etc/os-release && echo "$PRETTY_NAME"), Linux $(uname -r)"
    echo "compiler: $("${CC:-gcc}" --version | head -1)"
    echo "jemalloc: $(dpkg-query -W -f '${Version}' libjemalloc2 2>/dev/null || echo "$jemalloc_so")"
    echo "settings: MALLOC_CONF=\"${MALLOC_CONF-}\", $rounds rounds, load average at start" \
        "$(cut -d ' ' -f 1 /proc/loadavg)"
    awk -v cores="$(nproc)" '$1 > cores / 2 {
        print "warning:  the machine is busy; wall times will be noise" }' /proc/loadavg
}

# ---- measuring ----

# Sets `peer_words`: environment and wrapper of a peer, as `measure` takes them.
words_of_peer() { # PEER
    local preloaded environment wrapper
    preloaded=$(field peers_table "$1" 3) environment=$(field peers_table "$1" 4)
    wrapper=$(field peers_table "$1" 5)
    read -r -a peer_words <<<"${environment#-} ${wrapper#-}"
    [[ $preloaded == - ]] || peer_words=("LD_PRELOAD=$preloaded" "${peer_words[@]}")
}

# One run: prints "wall user system rss status" and leaves the program's output in $work/out.
measure_one() { # LOAD PEER
    local -a words environment=() peer_words
    words_of_peer "$2"
    if declare -F "measure_$1" >/dev/null; then
        "measure_$1" "$work/out" "${peer_words[@]}"
        return
    fi
    read -r -a words <<<"$(field loads_table "$1" 4)"
    while [[ ${words[0]} == *=* ]]; do
        environment+=("${words[0]}") && words=("${words[@]:1}")
    done
    local input=$work/$1.in
    [[ -e $input ]] || input=/dev/null
    measure -i "$input" -o "$work/out" "${environment[@]}" "${peer_words[@]}" "${words[@]}" \
        2>"$work/err"
}

# One run into the CSV, as failed if its output differs from the first run of the load.
take() { # LOAD PEER ROUND
    local result status sum
    rm -f "$work/out" "$work/err" && touch "$work/out" "$work/err"
    result=$(measure_one "$1" "$2") || result="0 0 0 0 1"
    status=${result##* }
    ! grep -q 'cannot be preloaded' "$work/err" || status="not under it"
    sum=$(without_chatter "$work/out" | cksum)
    : "${expected[$1]:=$sum}"
    if [[ $status != 0 || $sum != "${expected[$1]}" ]]; then
        echo "bench: $1 under $2: status $status, output $sum, expected ${expected[$1]}" >&2
        tail -3 "$work/err" >&2
        broken["$1 $2"]=1
        result="${result% *} 1"
    fi
    echo "$1,$2,$3,${result// /,}" >>"$csv"
}

# Operations and stack depths of each load, from a run that is not timed.
gather_facts() {
    local load
    : >"$work/facts"
    [[ -e $mtalloc_so ]] || return 0
    for load in "${loads[@]}"; do
        rm -rf "$work/summaries" && mkdir -m 700 "$work/summaries"
        measure_one "$load" mtalloc-summary >/dev/null || continue
        find "$work/summaries" -name '*.mtalloc' -exec awk -f "$bench/facts.awk" {} + |
            sed "s/^/$load /" >>"$work/facts"
    done
}

# Every second round takes the peers in the opposite order.
take_round() { # ROUND
    local load peer most order=("${peers[@]}")
    if (($1 % 2 == 0)); then
        order=()
        for peer in "${peers[@]}"; do order=("$peer" "${order[@]}"); done
    fi
    for load in "${loads[@]}"; do
        for peer in "${order[@]}"; do
            most=$(field peers_table "$peer" 2)
            [[ $most == - || $1 -le $most ]] || continue
            [[ -n ${broken["$load $peer"]-} ]] || take "$load" "$peer" "$1"
        done
    done
}

main() {
    parse_arguments "$@"
    [[ -x $programs/measure ]] || die "no programs in $programs: build them by \"make bench\""
    choose_loads
    choose_peers
    describe_machine
    local load round
    declare -gA expected=() broken=()
    for load in "${loads[@]}"; do
        if declare -F "prepare_$load" >/dev/null; then "prepare_$load"; fi
    done
    gather_facts
    echo "load,peer,round,wall_s,user_s,system_s,rss_kib,status" >"$csv"
    for ((round = 1; round <= rounds; round++)); do
        take_round "$round"
    done
    awk -v loads="${loads[*]}" -v peers="${peers[*]}" -v facts="$work/facts" \
        -f "$bench/report.awk" "$csv"
    echo && echo "single measurements: $csv"
    [[ $pairs == no ]] || BUILD=$builddir "$bench/pairs.sh"
    ((${#broken[@]} == 0)) || die "wrong results: ${!broken[*]}"
}

main "$@"; exit # bash reads on while it runs: nothing below this may be needed
