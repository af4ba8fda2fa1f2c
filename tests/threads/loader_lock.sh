# Nothing waits for the loader's locks where stacks are captured: while one thread holds
# them, others allocate for the first time, from code that nobody has seen. If they wait, an
# alarm ends the program.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"

# library NAME FLAG ...
library() {
    program threads/loader_lock_library.c -shared -fPIC "${@:2}"
    mv "$tmp/loader_lock_library" "$tmp/lib$1.so"
}
library constructed -DCONSTRUCTED
library first -DNAME=unseen_first
library second -DNAME=unseen_second
program threads/loader_lock.c -rdynamic -L"$tmp" -Wl,-rpath,"$tmp" -lfirst -lsecond -ldl

for options in "" stack=caller quarantine=all frames=512; do
    profile_options=$options profile loader_lock "$tmp/libconstructed.so"
    expect_equal "$(sed -n 1p "$tmp/out")" \
        "$(summary function "$summary_file" "$tmp/loader_lock" make_block)" \
        "counts of make_block, '$options'"
    [ "$options" != stack=caller ] || continue
    expect_equal "$(sed -n 2p "$tmp/out")" \
        "$(/usr/bin/python3 - "$srcdir/tests" "$summary_file" "$tmp/loader_lock" <<'END'
import sys
sys.path.insert(0, sys.argv[1])
from summary import Summary, symbols_of
summary, symbols = Summary(sys.argv[2]), symbols_of(sys.argv[3:])
print(sum(summary.stack(site["frame"], symbols)[-1] == "make_block" for site in summary.sites))
END
        )" "stacks that lead to make_block, '$options'"
done
