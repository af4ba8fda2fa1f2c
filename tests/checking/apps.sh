# The real programs of tests/apps with a checking library: every stack that they capture, in
# either mode, is unwound a second time from scratch, and the first difference ends them.
#
# Takes many minutes: `make check-long`. CHECKED_APPS="perl git" chooses programs.
. "${srcdir:-.}/tests/lib.sh"

library=$builddir/tests/checking/libmtalloc.so
[ -e "$library" ] || fail "make $library first"
export MTALLOC_SO=$library checking=$tmp/checked APP_SECONDS=400
export srcdir builddir MTALLOC_CMD CC CXX NM
: >"$checking"

# The library's whole allocation path is in none of these: static programs link another
# build, and Chromium's processes allocate elsewhere.
left_out=' chromium static '
ran=0 wrong=''
for script in "$srcdir"/tests/apps/*.sh; do
    name=$(basename "$script" .sh)
    [ "$name" != lib ] && [[ $left_out != *" $name "* ]] || continue
    [[ -z ${CHECKED_APPS:-} || " $CHECKED_APPS " = *" $name "* ]] || continue
    status=0
    timeout --kill-after=10 800 "$BASH" "$script" >"$tmp/log" 2>&1 </dev/null || status=$?
    case $status in
    0) ran=$((ran + 1)) ;;
    77) echo "skipped: $name: $(tail -n 1 "$tmp/log")" ;;
    *)
        tail -n 30 "$tmp/log" >&2
        echo "FAIL: $name ended with status $status" >&2
        wrong+=" $name"
        ;;
    esac
done

awk '{ captures += $1; compared += $2; $1 = $1 ":"; print }
    END { print captures + 0, "stacks captured,", compared + 0, "compared" }' "$checking"
[ -z "$wrong" ] || fail "differences or other failures:$wrong"
expect_at_least 1 "$ran" "programs that ran"
awk '{ compared += $2 } END { exit compared < 100000 }' "$checking" || fail "too few stacks"
