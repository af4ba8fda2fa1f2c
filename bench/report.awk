# Measurements (run.sh's CSV) -> tables. Variables: loads, peers (names in order, the first
# peer is the one that all are compared with), facts (file: load, allocations, frees, depth).
#
# A ratio is formed within a round, so that what slows the machine for a while slows both
# sides; shown are the median of the rounds' ratios and an interval.

function sort(values, n,    i, j, moved) {
    for (i = 2; i <= n; i++) {
        moved = values[i]
        for (j = i - 1; j >= 1 && values[j] > moved; j--)
            values[j + 1] = values[j]
        values[j + 1] = moved
    }
}

function median(sorted, n) {
    return n % 2 ? sorted[(n + 1) / 2] : (sorted[n / 2] + sorted[n / 2 + 1]) / 2
}

# How many of n sorted values may be dropped at each end so that what is left still holds
# the median with 95 % (the sign test); below six values, none.
function droppable(n,    k, tail, term) {
    term = tail = 1 / 2 ^ n
    for (k = 0; 2 * tail <= 0.05; k++) {
        term = term * (n - k) / (k + 1)
        tail += term
    }
    return k > 0 ? k - 1 : 0
}

# "median [low-high]" of list (blank-separated); the median also in `middle`.
function described(list, format,    n, values, drop) {
    n = split(list, values, " ")
    if (n == 0)
        return "-"
    for (drop = 1; drop <= n; drop++)
        values[drop] += 0
    sort(values, n)
    middle = median(values, n)
    if (n == 1)
        return sprintf(format, middle)
    drop = droppable(n)
    return sprintf(format " [" format "-" format "]", middle, values[1 + drop], values[n - drop])
}

function ratios(load, peer, what,    round, list) {
    for (round = 1; round <= rounds; round++)
        if ((load, peer, round, what) in measured && (load, base, round, what) in measured)
            list = list " " measured[load, peer, round, what] / measured[load, base, round, what]
    return list
}

function plain(load, what,    round, list) {
    for (round = 1; round <= rounds; round++)
        if ((load, base, round, what) in measured)
            list = list " " measured[load, base, round, what]
    described(list, "%f")
    return list == "" ? 0 : middle
}

# Geometric means over all loads, one per round that has them all.
function means(peer, what,    round, i, sum, list) {
    for (round = 1; round <= rounds; round++) {
        sum = 0
        for (i = 1; i <= load_count; i++) {
            if (!((load[i], peer, round, what) in measured) || !((load[i], base, round, what) in measured))
                break
            sum += log(measured[load[i], peer, round, what] / measured[load[i], base, round, what])
        }
        if (i > load_count)
            list = list " " exp(sum / load_count)
    }
    return list
}

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
    return pairs[load] && plain(load, "wall") ? sprintf("%.1f", pairs[load] / plain(load, "wall") / 1e6) : "-"
}

BEGIN {
    FS = ","
    load_count = split(loads, load, " ")
    peer_count = split(peers, peer, " ")
    base = peer[1]
    while ((getline line < facts) > 0) {
        split(line, fact, " ")
        pairs[fact[1]] = (fact[2] + fact[3]) / 2
        depth[fact[1]] = fact[4]
    }
}
NR > 1 && $8 != 0 { failed[$1, $2] = 1 }
NR > 1 && $8 == 0 {
    measured[$1, $2, $3, "wall"] = $4
    measured[$1, $2, $3, "cpu"] = $5 + $6
    measured[$1, $2, $3, "rss"] = $7
    if ($3 > rounds)
        rounds = $3 + 0
}
END {
    table("wall", "Wall time, ratio to " base, "plain s", 1)
    table("cpu", "CPU time, ratio to " base, "plain s", 1)
    table("rss", "Peak RSS, ratio to " base, "plain MiB", 1024)
}
