# Helpers for real programs under the library: source after tests/lib.sh.
#
# A program has to do the same as without the library, with the default options and with
# everything on, and the library has to have counted what it did.
. "$srcdir/tests/programs.sh"

mkdir -m 700 "$tmp/dir" "$tmp/tmpdir"
export TMPDIR=$tmp/tmpdir PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1 HOME=$tmp/home
unset XDG_RUNTIME_DIR RUNTIME_DIRECTORY
mkdir "$HOME"
fallbacks() { find /var/tmp -maxdepth 1 -name 'mtalloc-*' | sort; }
fallbacks_before=$(fallbacks)

seconds=${APP_SECONDS:-100} # what a program may take
also_written=()    # find's tests for files that differ from run to run: -name a -o -name b
apart=0            # see counted()
still=--still      # empty for programs whose other threads run on during the exit
everything="preset=test,leaks=off,frames=512,recorder=$memory/recording"
modes="default everything"

# options_of MODE: "default" or "everything", with a summary at the exit.
options_of() {
    local options=exit=summary,dir=$tmp/dir,max_dumps=1000
    [ "$1" = default ] || options=$everything,$options
    echo "$options"
}

# run_as NAME COMMAND …: always in the same directory, since programs write its name into
# files; afterwards it is $tmp/NAME, with the output and the status beside it.
run_as() {
    local name=$1 status=0
    shift
    rm -rf "${tmp:?}/$name"
    mkdir -m 700 "$tmp/here"
    (cd "$tmp/here" && timeout --kill-after=10 $seconds "$@") \
        >"$tmp/$name.out" 2>"$tmp/$name.err" </dev/null || status=$?
    echo "$status" >"$tmp/$name.status"
    mv "$tmp/here" "$tmp/$name"
}

# counted NAME PROGRAM LEAST: what is in $tmp/dir is whole, free of events and agrees with
# itself; of the summaries of PROGRAM (an extended regular expression) one counts at least
# LEAST allocations (a recorded program's forked children start at 0); nothing else was
# written. With a checking library ($checking names a file for the figures) every stack that
# was captured was compared, but for $apart: other threads may be between the two counts at
# an exit or a fork.
counted() {
    local name=$1 program=$2 least=$3 found most overflow events captures compared
    found=$(find "$tmp/dir" -name '*.mtalloc' -print0 |
        xargs -0 /usr/bin/python3 "$srcdir/tests/summary.py" counted $still "$program") ||
        fail "$name: bad summary"
    read -r most overflow events captures compared <<<"$found"
    [ "$most" != -1 ] || fail "$name: no summary of $program"
    expect_at_least "$least" "$most" "$name: allocations"
    expect_equal "0 0" "$overflow $events" "$name: allocations in no site, events"
    if [ -n "${checking:-}" ]; then
        expect_at_least $((captures - apart)) "$compared" "$name: $captures stacks, comparisons"
        [ "$compared" -le "$captures" ] || fail "$name: $compared of $captures stacks compared"
        echo "$captures $compared $name" >>"$checking"
    fi
    [ -z "$(find "$tmp/dir" -type f ! -name '*.mtalloc')" ] || fail "$name: $(ls "$tmp/dir")"
    [ -z "$(ls -A "$tmp/tmpdir")" ] || fail "$name: left in TMPDIR: $(ls -A "$tmp/tmpdir")"
    expect_equal "$fallbacks_before" "$(fallbacks)" "$name: /var/tmp"
}

# same NAME PROGRAM LEAST COMMAND …: without the library, and with it in both modes: the
# same output, status and files; see counted().
same() {
    local name=$1 program=$2 least=$3 mode part
    shift 3
    run_as plain "$@"
    for mode in $modes; do
        rm -rf "$memory/recording" "$tmp"/dir/*
        run_as under env LD_PRELOAD="$MTALLOC_SO" MTALLOC_OPTIONS="$(options_of $mode)" "$@"
        for part in status err out; do
            diff "$tmp/plain.$part" "$tmp/under.$part" >&2 ||
                { cat "$tmp/under.err" >&2; fail "$name, $mode: another $part"; }
        done
        [ ${#also_written[@]} -eq 0 ] ||
            find "$tmp/plain" "$tmp/under" \( "${also_written[@]}" \) -delete
        diff -r "$tmp/plain" "$tmp/under" >&2 || fail "$name, $mode: other files"
        counted "$name, $mode" "$program" "$least"
    done
}

# under MODE COMMAND …: for programs that run on beside the test.
under() {
    local options
    options=$(options_of "$1")
    shift
    env LD_PRELOAD="$MTALLOC_SO" MTALLOC_OPTIONS="$options" "$@"
}

# mapped PID: the library is in that process.
mapped() {
    grep -q "$(basename "$(realpath "$MTALLOC_SO")")" "/proc/$1/maps"
}
