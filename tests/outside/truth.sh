# What a recording says of a program that was killed at random moments, against the account
# that the program kept itself: at each site it is off by what the threads were just at.
# TRUTH_ROUNDS=200 for more than 20.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"

ulimit -c 0
program outside/accountant.c
export srcdir MTALLOC_SO MTALLOC_CMD

# truth THREADS HOW ROUNDS
truth() {
    mkdir -p "$tmp/files"
    /usr/bin/python3 "$srcdir/tests/outside/truth.py" "$tmp/accountant" "$tmp/files" "$@" ||
        fail "see above"
}

for threads in 1 4; do
    truth $threads SIGKILL "${TRUTH_ROUNDS:-20}"
    for how in SIGTERM abort segv _exit; do
        truth $threads $how 2
    done
done
# A thread that goes on while exit handlers run is seen to its end, too.
truth 4 exit 2
