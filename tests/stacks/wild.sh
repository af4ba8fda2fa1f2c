# Whatever the stack, nothing faults or hangs, and every allocation is counted: coroutines by
# the thousand whose stacks are unmapped, cut and mapped again, threads on stacks of the
# program's, recursion to the limit, jumps and exceptions out of thousands of frames, vfork.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"
command -v "${CXX%% *}" >/dev/null || skip "no C++ compiler"

program stacks/wild_stacks.cc -Wno-infinite-recursion
library=$MTALLOC_SO
for what in coroutines smaller nothing threads deep beyond thousands vfork; do
    for MTALLOC_SO in "$library" "$builddir/tests/checking/libmtalloc.so"; do
        for options in "" frames=512 "recorder=$memory/recording"; do
            [ -e "$MTALLOC_SO" ] || continue
            rm -f "$memory/recording"
            profile_options=$options profile wild_stacks $what
            expect_equal "$(cat "$tmp/out")" \
                "$(summary function "$summary_file" "$tmp/wild_stacks" make_block)" \
                "$what, '$options', $MTALLOC_SO: counts of make_block"
        done
    done
done
