# Measurements (run.sh's CSV) -> medians and intervals of ratios. To be used with a script
# that prints them: report.awk, plot.awk. Variables: loads, peers (names in order; without
# them all that the CSV has). The first peer is the one that all are compared with.
#
# A ratio is formed within a round, so that what slows the machine for a while slows both
# sides; given are the median of the rounds' ratios and an interval.

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

# Names are taken in their order of appearance.
function seen(name, names, count,    i) {
    for (i = 1; i <= count; i++)
        if (names[i] == name)
            return count
    names[++count] = name
    return count
}

BEGIN {
    FS = ","
    load_count = split(loads, load, " ")
    peer_count = split(peers, peer, " ")
}
/^#fact / {
    split($0, fact, " ")
    pairs[fact[2]] = (fact[3] + fact[4]) / 2
    depth[fact[2]] = fact[5]
}
/^#/ || $1 == "load" { next }
loads == "" { load_count = seen($1, load, load_count) }
peers == "" { peer_count = seen($2, peer, peer_count) }
$8 != 0 { failed[$1, $2] = 1 }
$8 == 0 {
    measured[$1, $2, $3, "wall"] = $4
    measured[$1, $2, $3, "cpu"] = $5 + $6
    measured[$1, $2, $3, "rss"] = $7
    if ($3 > rounds)
        rounds = $3 + 0
}
END { base = peer[1] }
