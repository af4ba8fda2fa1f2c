# Ratios -> tables; used after ratios.awk.

# A line of the table: `narrow` columns of figures, then one per peer. A rule has no cells.
function row(first, cells,    i, n, cell, width) {
    n = split(cells, cell, "|")
    printf "| %-14s ", first
    for (i = 1; i <= narrow + peer_count - 1; i++) {
        width = i <= narrow ? 9 : 20
        printf "| %" width "s ", n ? cell[i] : substr("-------------------:", 21 - width)
    }
    print "|"
}

function table(what, heading, unit, scale,    i, j, cells) {
    narrow = what == "wall" ? 3 : 1
    cells = unit (what == "wall" ? "|M pairs/s|depth" : "")
    for (j = 2; j <= peer_count; j++)
        cells = cells "|" peer[j]
    print ""
    print heading
    print ""
    row("load", cells)
    row("--------------", "")
    for (i = 1; i <= load_count; i++) {
        cells = sprintf("%.2f", plain(load[i], what) / scale)
        if (what == "wall")
            cells = cells "|" pairs_per_second(load[i]) "|" (load[i] in depth ? depth[load[i]] : "-")
        for (j = 2; j <= peer_count; j++)
            cells = cells "|" ((load[i], peer[j]) in failed ? "failed" : \
                described(ratios(load[i], peer[j], what), "%.2f"))
        row(load[i], cells)
    }
    cells = what == "wall" ? " | | " : " "
    for (j = 2; j <= peer_count; j++)
        cells = cells "|" described(means(peer[j], what), "%.2f")
    row("geometric mean", cells)
}

function pairs_per_second(load) {
    return pairs[load] && plain(load, "wall") ? sprintf("%.3g", pairs[load] / plain(load, "wall") / 1e6) : "-"
}

END {
    table("wall", "Wall time, ratio to " base, "plain s", 1)
    table("cpu", "CPU time, ratio to " base, "plain s", 1)
    table("rss", "Peak RSS, ratio to " base, "plain MiB", 1024)
}
