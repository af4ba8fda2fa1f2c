# Ratios -> what plot.gp draws; used after ratios.awk. A block of data for each peer that was
# measured, headed by its name, a line for each load:
#
#   row load time low high memory low high
#
# Loads are rows, the geometric mean the lowest one; within a row the peers lie one below the
# other. The names of the rows go into the file `labels`.

function interval(list,    text, parts) {
    text = described(list, "%.4f")
    gsub(/[][-]/, " ", text)
    return split(text, parts, " ") == 1 ? text " " text " " text : text
}

function line(name, row, time, memory) {
    if (time != "" && memory != "")
        text = text sprintf("%.3f \"%s\" %s %s\n", row, name, interval(time), interval(memory))
}

END {
    for (j = 2; j <= peer_count; j++) {
        text = ""
        offset = 0.38 - 0.76 * (j - 1.5) / (peer_count - 1)
        for (i = 1; i <= load_count; i++)
            line(load[i], load_count + 1 - i + offset, ratios(load[i], peer[j], "wall"), \
                ratios(load[i], peer[j], "rss"))
        line("geometric mean", offset, means(peer[j], "wall"), means(peer[j], "rss"))
        if (text != "")
            printf "\"%s\"\n%s\n\n", peer[j], text
    }
    for (i = 1; i <= load_count; i++)
        printf "%d %s\n", load_count + 1 - i, load[i] >labels
    printf "0 geometric mean\n" >labels
}
