# Includes never point upward: alloc -> export -> track -> base, and cli -> export.
. "$srcdir/tests/lib.sh"
. "$srcdir/tests/lint/files.sh"

declare -A allowed=(
    [base]="base"
    [track]="track base"
    [export]="export track base"
    [alloc]="alloc export track base"
    [cli]="cli export track base"
)

# check_layers LIST-FILE: a line "file:included" for every include that may not be.
check_layers() {
    local file included layer target
    while IFS=: read -r file included; do
        layer=${file%%/*}
        target=${included%%/*}
        [ "$included" = mtalloc/mtalloc.h ] && continue
        [[ $included == */* && " ${allowed[$layer]} " == *" $target "* ]] ||
            echo "$file includes \"$included\""
    done <"$1"
}

# The check itself finds what it is for.
printf '%s\n' track/a.c:export/summary.h base/b.c:track/tree.h cli/c.c:alloc/header.h \
    alloc/d.c:header.h base/e.c:base/out.h cli/f.c:track/region.h >"$tmp/planted"
expect_equal 4 "$(check_layers "$tmp/planted" | wc -l)" "planted upward includes found"

cd "$srcdir"
our_files 'base/*.[chS]' 'track/*.[chS]' 'export/*.[chS]' 'alloc/*.[chS]' 'cli/*.[chS]' |
    xargs grep -HoE '^# *include "[^"]+"' | sed -E 's/# *include "([^"]+)"/\1/' >"$tmp/list"
expect_at_least 50 "$(wc -l <"$tmp/list")" "includes looked at"
check_layers "$tmp/list" >"$tmp/wrong"
[ ! -s "$tmp/wrong" ] || fail "includes that point upward or lack their folder:
$(cat "$tmp/wrong")"
