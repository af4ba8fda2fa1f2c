# Time and memory ratios side by side, a row for each load; called by plot.sh with `data`,
# `peers`, `rows` and the ends of both axes set, and with the names of the rows.
height = 200 + 46 * rows
set terminal svg size 1040, height font "sans-serif,15" background "#ffffff" name "ratios" noenhanced
set border 1 lc rgb "#808080"
set logscale x
set grid xtics lc rgb "#d0d0d0" lt 1
set ytics scale 0 nomirror textcolor rgb "#202020"
set xtics (0.25, 0.5, 1, 2, 5, 10, 20, 50, 100, 200) scale 0.5 nomirror textcolor rgb "#202020"
set yrange [-0.5:rows - 0.5]
array colour[12] = ["#d55e00", "#0072b2", "#555555", "#009e73", "#56b4e9", "#cc79a7", \
    "#8c5a00", "#000000", "#8c2be2", "#e69f00", "#b8a800", "#ff6f91"]
array mark[12] = [7, 5, 4, 9, 11, 13, 6, 8, 10, 12, 15, 3]
size_of(p) = p == 1 ? 0.95 : 0.7 # the first one is what the plot is about
do for [row = 0:rows - 1:2] {
    set object row + 1 rectangle from graph 0, first row - 0.5 to graph 1, first row + 0.5 \
        fc rgb "#f3f3f3" fs solid noborder behind
}
set arrow 1 from 1, graph 0 to 1, graph 1 nohead lc rgb "#404040" lw 1.5 back

set multiplot
set tmargin at screen 1 - 115.0 / height
set bmargin at screen 65.0 / height
set lmargin at screen 0.135
set rmargin at screen 0.63
set key at screen 0.5, screen 1 - 12.0 / height center top maxrows 3 width 2 samplen 1 Left reverse noautotitle
set xlabel "wall time, ratio to plain jemalloc" textcolor rgb "#202020"
set xrange [time_least * 0.85:time_most * 1.15]
plot for [p = 1:peers] data index p - 1 using 3:1:4:5 with xerrorbars \
    pt mark[p] ps size_of(p) lw 1.4 lc rgb colour[p] title columnheader(1)

unset key
unset ytics
set lmargin at screen 0.66
set rmargin at screen 0.985
set xlabel "peak memory, ratio to plain jemalloc"
set xrange [memory_least * 0.85:memory_most * 1.15]
plot for [p = 1:peers] data index p - 1 using 6:1:7:8 with xerrorbars \
    pt mark[p] ps size_of(p) lw 1.4 lc rgb colour[p]
unset multiplot
