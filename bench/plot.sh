#!/bin/bash
# Draws the ratios of a CSV of run.sh as SVG: a row for each load, in it a mark for each
# peer's median, with its interval.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

(($# == 2 || $# == 3)) || die "usage: bench/plot.sh CSV SVG [PEER,…]"
csv=$1 svg=$2 peers=${3-}
[[ -s $csv ]] || die "there is no $csv: it is made by \"make bench-full\""
if [[ -n $(missing_command gnuplot) ]]; then
    echo "left out: plot (gnuplot is not installed)"
    exit
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/mtalloc-plot.XXXXXX")
trap 'rm -rf "$work"' EXIT

awk -v labels="$work/labels" -v peers="${peers:+jemalloc ${peers//,/ }}" \
    -f "$bench/ratios.awk" -f "$bench/plot.awk" "$csv" >"$work/data"
tics=$(awk '{ row = $1; sub(/^[0-9]+ /, ""); printf "%s\"%s\" %d", (NR > 1 ? ", " : ""), $0, row }' \
    "$work/labels")
# Of the columns from the right, since a row's name may have a blank.
ends=$(awk 'NF > 6 { for (i = 0; i < 6; i++) {
        value = $(NF - i)
        if (!(i in most) || value > most[i]) most[i] = value
        if (!(i in least) || value < least[i]) least[i] = value
    } }
    END { printf "time_least=%g; time_most=%g; memory_least=%g; memory_most=%g",
        least[4], most[3], least[1], most[0] }' "$work/data")
gnuplot -e "$ends" -e "data='$work/data'; peers=$(grep -c '^"' "$work/data")" \
    -e "rows=$(wc -l <"$work/labels"); set ytics ($tics)" "$bench/plot.gp" >"$work/svg"
[[ -s $work/svg ]] || die "gnuplot drew nothing"
mv "$work/svg" "$svg"
echo "plot: $svg"
