#!/bin/bash
# Counts the instructions of one malloc(24) and free pair under callgrind, per mode and
# stack depth. Each figure is the difference of two runs of different length, divided by the
# pairs between them, so that start-up cancels; the loop and its calls are in all of them.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

program=$programs/pairs
few=10000
many=40000

#   mode | preloaded | options | callers | depths
# Where the depth cannot matter, one is enough. The quarantine of one freed block in 64 is
# left out, for steady figures; bench/README.md says what it adds.
modes_table() {
    cat <<END
plain jemalloc                | $jemalloc_so | -            | same | 8
plain jemalloc, two callers   | $jemalloc_so | -            | new3 | 8
off                           | $mtalloc_so  | off          | same | 8
stack=off                     | $mtalloc_so  | stack=off,quarantine=off    | same | 8
stack=off, two callers        | $mtalloc_so  | stack=off,quarantine=off    | new3 | 8
stack=caller                  | $mtalloc_so  | stack=caller,quarantine=off | same | 8
stack=caller, two callers     | $mtalloc_so  | stack=caller,quarantine=off | new3 | 8
stack=sampled                 | $mtalloc_so  | stack=sampled,quarantine=off | same | 8
stack=full, same caller again | $mtalloc_so  | stack=full,quarantine=off   | same | 8 32 64
stack=full, 3 new frames      | $mtalloc_so  | stack=full,quarantine=off   | new3 | 8 32 64
END
}

instructions() { # PRELOADED OPTIONS CALLERS DEPTH COUNT
    LD_PRELOAD=$1 MTALLOC_OPTIONS=${2#-} valgrind --tool=callgrind \
        --callgrind-out-file=/dev/null "$program" "$3" "$4" "$5" 2>&1 |
        awk '/Collected/ { count = $NF } END { if (!count) exit 1; print count }'
}

pair() { # PRELOADED OPTIONS CALLERS DEPTH
    local short long
    short=$(instructions "$@" "$few")
    long=$(instructions "$@" "$many")
    awk -v d=$((long - short)) -v n=$((many - few)) 'BEGIN { printf "%.1f", d / n }'
}

row() { # MODE PRELOADED OPTIONS CALLERS DEPTHS
    local depth figure cells='' first='' last=''
    for depth in 8 32 64; do
        figure=
        if [[ "$5 " == *" $depth "* ]]; then
            figure=$(pair "$2" "$3" "$4" "$depth") || figure=failed
            : "${first:=$figure}"
            last=$figure
        fi
        cells+=$(printf '| %8s ' "$figure")
    done
    [[ $5 != *64* ]] || figure=$(awk -v a="$first" -v b="$last" 'BEGIN { printf "%.2f", (b - a) / 56 }')
    printf '| %-29s%s| %9s |\n' "$1" "$cells" "$figure"
}

command -v valgrind >/dev/null || { echo "left out: instructions (valgrind is not installed)"; exit 0; }
echo
[[ -e $mtalloc_so ]] || echo "left out: libmtalloc ($mtalloc_so is missing)"
echo "Instructions per malloc(24)+free pair, by stack depth (callgrind)"
echo
printf '| %-29s | %8s | %8s | %8s | %9s |\n' mode 8 32 64 "per frame" \
    ----------------------------- -------: -------: -------: --------:
modes_table | while IFS='|' read -r mode preloaded options callers depths; do
    # shellcheck disable=SC2086 # takes the blanks off
    set -- $preloaded $options $callers
    [[ ! -e $1 ]] || row "$mode" "$1" "$2" "$3" "$depths"
done
