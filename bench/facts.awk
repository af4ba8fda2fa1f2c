# Summaries -> "allocations frees mean-stack-depth", over all allocations of all files.
function number(key) {
    return match($0, "\"" key "\":[0-9]+") ? \
        substr($0, RSTART + length(key) + 3, RLENGTH - length(key) - 3) + 0 : 0
}
FNR == 1 { split("", depth); depth[0] = 0 }
/^{"type":"frame"/ { depth[number("id")] = depth[number("parent")] + 1 }
/^{"type":"site"/ { weighted += number("allocs") * depth[number("frame")]; counted += number("allocs") }
/^{"type":"total"/ { allocs += number("allocs"); frees += number("frees") }
END { if (allocs) printf "%d %d %.1f\n", allocs, frees, counted ? weighted / counted : 0 }
