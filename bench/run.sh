#!/bin/bash
# Compares allocators on real programs: wall time, CPU time and peak RSS as ratios to plain jemalloc.
# What is measured and how: bench/README.md.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$bench/loads.sh"
. "$bench/servers.sh"
. "$bench/peers.sh"

usage() {
    cat <<END
usage: bench/run.sh [--full] [-n ROUNDS] [-l LOAD,…] [-p PEER,…] [--csv FILE] [--only-ratios] [--list]
  --full         all loads and peers, 20 rounds
  -n ROUNDS      measure each load under each peer that often (default 3)
  -l LOAD,…      loads, or "all"
  -p PEER,…      peers beside plain jemalloc, or "all"
  --csv FILE     where the single measurements go (default: bench/results.csv in the build
                 directory; with --full, bench/results-full.csv)
  --only-ratios  leave out instructions, latency, start, summary, signals and memory of the library
  --list         names the loads and peers
The build directory is \$BUILD, by default the one it is called in.
END
}

work=$(mktemp -d "${TMPDIR:-/tmp}/mtalloc-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT

# ---- what is asked for, and what is there ----

parse_arguments() {
    rounds='' chosen_loads='' chosen_peers='' csv='' only_ratios=no set=bench
    while (($#)); do
        case $1 in
        --full) set=full ;;
        -n) rounds=${2:?} && shift ;;
        -l) chosen_loads=${2//,/ } && shift ;;
        -p) chosen_peers=${2//,/ } && shift ;;
        --csv) csv=${2:?} && shift ;;
        --only-ratios) only_ratios=yes ;;
        --list) list && exit ;;
        -h | --help) usage && exit ;;
        *) usage >&2 && exit 2 ;;
        esac
        shift
    done
    if [[ $set == full ]]; then
        : "${rounds:=20}" "${csv:=$programs/results-full.csv}"
    else
        : "${rounds:=3}" "${csv:=$programs/results.csv}"
    fi
    [[ $rounds =~ ^[1-9][0-9]*$ ]] || die "-n wants a number, not \"$rounds\""
    : "${chosen_loads:=$(names_run_by loads_table)}" "${chosen_peers:=$(names_run_by peers_table)}"
    [[ $chosen_loads != all ]] || chosen_loads=$(names loads_table)
    [[ $chosen_peers != all ]] || chosen_peers=$(set=full && names_run_by peers_table)
}

list() {
    echo "loads:" && names loads_table | paste -sd ' '
    echo "peers:" && names peers_table | paste -sd ' '
}

names_run_by() { # TABLE: those that belong to $set
    local name run_by
    for name in $(names "$1"); do
        run_by=$(field "$1" "$name" 2)
        [[ $run_by != "$set" && $run_by != bench ]] || echo "$name"
    done
}

choose_loads() {
    loads=()
    local load missing
    for load in $chosen_loads; do
        [[ -n $(field loads_table "$load" 1) ]] || die "no load is called $load (see --list)"
        missing=$(missing_command "$(field loads_table "$load" 3)")
        if [[ -z $missing ]]; then
            loads+=("$load")
        else
            echo "left out: load $load ($missing is not installed)"
        fi
    done
    ((${#loads[@]})) || die "no load is left"
}

# Why a peer can't be measured here; nothing where it can.
peer_trouble() { # PEER
    local preloaded wrapper peer_words result
    preloaded=$(field peers_table "$1" 5) wrapper=$(field peers_table "$1" 7)
    if [[ $preloaded != - && ! -e $preloaded ]]; then
        echo "there is no $preloaded"
    elif [[ -n $(missing_command "${wrapper%% *}") ]]; then
        echo "${wrapper%% *} is not installed"
    else
        words_of_peer "$1"
        result=$(measure -o "$work/out" "${peer_words[@]}" /bin/true 2>"$work/err")
        if grep -Eq "$peer_refused" "$work/err"; then
            echo "refused: $(sed -n 1p "$work/err")"
        elif [[ ${result##* } != 0 ]]; then
            echo "/bin/true ends with ${result##* }"
        fi
    fi
}

choose_peers() {
    local peer trouble
    peers=()
    for peer in jemalloc $chosen_peers; do
        [[ -n $(field peers_table "$peer" 1) ]] || die "no peer is called $peer (see --list)"
        [[ $peer != jemalloc || ${#peers[@]} == 0 ]] || continue
        trouble=$(peer_trouble "$peer")
        if [[ -z $trouble ]]; then
            peers+=("$peer")
        else
            echo "left out: peer $peer ($trouble)"
        fi
    done
    [[ ${peers[0]-} == jemalloc ]] || die "install libjemalloc2: all ratios are to it"
}

# ---- measuring ----

measure() {
    "$programs/measure" -t 900 "$@"
}

# Sets `peer_words`: environment and wrapper of a peer, as `measure` takes them.
words_of_peer() { # PEER
    local preloaded environment wrapper
    preloaded=$(field peers_table "$1" 5) environment=$(field peers_table "$1" 6)
    wrapper=$(field peers_table "$1" 7)
    read -r -a peer_words <<<"${environment#-} ${wrapper#-}"
    [[ $preloaded == - ]] || peer_words=("LD_PRELOAD=$preloaded" "${peer_words[@]}")
}

# One run: prints "wall user system rss status" and leaves the program's output in $work/out.
measure_one() { # LOAD PEER
    local -a words environment=() peer_words
    words_of_peer "$2"
    read -r -a words <<<"$(field loads_table "$1" 4)"
    if [[ ${words[0]} == server ]]; then
        measure_server "$1" "$work/out" "${peer_words[@]}"
        return
    fi
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
    ! grep -Eq "$peer_refused" "$work/err" || status="not under it"
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
    [[ -e $mtalloc_so ]] || return 0
    for load in "${loads[@]}"; do
        rm -rf "$work/summaries" && mkdir -m 700 "$work/summaries"
        measure_one "$load" mtalloc-summary >/dev/null || continue
        find "$work/summaries" -name '*.mtalloc' -exec awk -f "$bench/facts.awk" {} + |
            sed "s/^/#fact $load /"
    done
}

# Every second round takes the peers in the opposite order.
take_round() { # ROUND
    local load peer most only order=("${peers[@]}")
    if (($1 % 2 == 0)); then
        order=()
        for peer in "${peers[@]}"; do order=("$peer" "${order[@]}"); done
    fi
    for load in "${loads[@]}"; do
        for peer in "${order[@]}"; do
            most=$(field peers_table "$peer" 3) only=$(field peers_table "$peer" 4)
            [[ $most == - || $1 -le $most ]] || continue
            [[ $only == - || ,$only, == *,$load,* ]] || continue
            [[ -n ${broken["$load $peer"]-} ]] || take "$load" "$peer" "$1"
        done
    done
}

main() {
    parse_arguments "$@"
    [[ -x $programs/measure ]] || die "no programs in $programs: build them by \"make bench\""
    choose_loads
    choose_peers
    local load round
    declare -gA expected=() broken=()
    for load in "${loads[@]}"; do
        if declare -F "prepare_$load" >/dev/null; then "prepare_$load"; fi
    done
    describe_machine | tee "$work/machine"
    {
        sed 's/^/# /' "$work/machine"
        gather_facts
        echo "load,peer,round,wall_s,user_s,system_s,rss_kib,status"
    } >"$csv"
    for ((round = 1; round <= rounds; round++)); do
        take_round "$round"
    done
    awk -v loads="${loads[*]}" -v peers="${peers[*]}" -f "$bench/ratios.awk" \
        -f "$bench/report.awk" "$csv"
    echo && echo "single measurements of $rounds rounds: $csv"
    if [[ $only_ratios == no ]]; then
        BUILD=$builddir "$bench/pairs.sh"
        BUILD=$builddir "$bench/figures.sh" $((rounds > 5 ? rounds : 5))
        BUILD=$builddir "$bench/outside.sh" $((rounds > 5 ? rounds : 5))
    fi
    ((${#broken[@]} == 0)) || die "wrong results: ${!broken[*]}"
}

main "$@"; exit # bash reads on while it runs: nothing below this may be needed
