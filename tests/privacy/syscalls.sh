# The library's system calls, phase by phase, are those that docs/SYSCALLS.md lists.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"
need strace
strace -f -o "$tmp/probe" true 2>/dev/null || skip "strace may not trace here"

doc=$srcdir/docs/SYSCALLS.md
program privacy/phases.c -I"$srcdir"

# column N PHASE: the calls in that column of the table's row, a line each.
column() {
    awk -F'|' -v phase=" $2 " -v column="$1" '$2 == phase { print $column }' "$doc" |
        grep -o '`[a-z_0-9]*`' | tr -d '`' | grep -Ev '^(signal|check|recorder|recipient|guard)$' | sort -u || true
}

# tally TRACE: "phase|call count". A thread is in the phase that it marked last, a new one at
# the fork that made it.
tally() {
    awk '
        { line = $0; sub(/^[0-9]+ +/, "", line); if (!main) main = $1 }
        line ~ /^write\(-1, "/ { split(line, part, "\""); now[$1] = part[2]; next }
        line ~ /^[a-z_0-9]+\(/ {
            call = line; sub(/\(.*/, "", call)
            phase = $1 in now ? now[$1] : $1 == main ? "start" : "fork"
            count[phase "|" call]++
        }
        END { for (key in count) print key " " count[key] }' "$1" | sort
}

# trace NAME OPTIONS: what the library adds in each phase, as "phase|call", in $tmp/NAME. At
# start, at the exit and around fork the program makes calls of its own.
trace() {
    rm -rf "$tmp/files"
    mkdir -m 700 "$tmp/files"
    timeout 60 strace -f -o "$tmp/$1.trace" -E LD_PRELOAD="$MTALLOC_SO" -E \
        "MTALLOC_OPTIONS=dir=$tmp/files,on_error=report,exit=summary,min_dump_interval=0${2:+,$2}" \
        "$tmp/phases" 2>/dev/null 3>"$tmp/fd" || fail "$1: the program"
    tally "$tmp/$1.trace" | awk -F'[|]' -v plain="$tmp/plain" '
        BEGIN { while ((getline line < plain) > 0) { at = match(line, / [0-9]+$/)
                    least[substr(line, 1, at - 1)] = substr(line, at) + 0 } }
        { at = match($0, / [0-9]+$/); key = substr($0, 1, at - 1); count = substr($0, at) + 0 }
        $1 ~ /^(start|exit|fork|signal)$/ && count <= least[key] { next }
        $1 != "program\047s own" { print key }' >"$tmp/$1"
}
calls() { sed -n "s/^$2|//p" "$tmp/$1"; }

timeout 60 strace -f -o "$tmp/plain.trace" "$tmp/phases" || fail "the program alone"
tally "$tmp/plain.trace" >"$tmp/plain"
trace default ""
trace recorder "recorder=$memory/recording"
trace much "quarantine=all,fill=junk,stack=sampled,log_level=debug,nonsense=1"
if [ -e "$(dirname "$MTALLOC_SO")/libmtalloc-seal.so.0" ]; then
    trace sealed "recipient=$("$MTALLOC_CMD" keygen -o "$tmp/key")"
fi
expect_at_least 4 "$(sort -u "$tmp/default" | grep -c '^signal|')" "calls seen"

for phase in start allocation thread signal "to descriptor" check error fork exit; do
    case $phase in
    exit)
        column 3 signal | grep -v rt_sigreturn >"$tmp/always"
        { column 4 signal; echo getpid; } | sort -u >"$tmp/sometimes"
        ;;
    *)
        column 3 "$phase" >"$tmp/always"
        column 4 "$phase" >"$tmp/sometimes"
        ;;
    esac
    [ -s "$tmp/always" ] || fail "docs/SYSCALLS.md has no row for $phase"
    calls default "$phase" | sort -u >"$tmp/seen"
    expect_equal "" "$(comm -23 "$tmp/always" "$tmp/seen" | xargs)" "listed as always, and not seen in $phase"
    for how in default recorder much sealed; do
        [ -e "$tmp/$how" ] || continue
        expect_equal "" "$(calls "$how" "$phase" | sort -u | comm -23 - <(sort -u "$tmp/always" "$tmp/sometimes") | xargs)" \
            "seen in $phase ($how), and not listed"
    done
done

# What is left in a sandbox is what the program of sandbox.sh may do beside its own.
{ column 3 "in a sandbox"; column 4 "in a sandbox"; } | sort >"$tmp/documented"
sed -n '/The library.s/,/The program.s/p' "$srcdir/tests/privacy/caged.c" | grep -o 'SYS_[a-z_0-9]*' |
    sed 's/SYS_//' | sort | diff "$tmp/documented" - || fail "the row \"in a sandbox\" (<) and caged.c (>)"
