# The allocators and profilers that are compared. All ratios are to the first one.
#
#   name | rounds | preloaded | set in its environment | wrapped around the command
#
# "-" is none. `rounds` bounds how often a slow one is run; "-" is every round. A peer is
# left out where the preloaded file or the wrapping command is missing.
#
# shellcheck shell=bash disable=SC2154,SC2034 # variables shared with run.sh
peers_table() {
    cat <<END
jemalloc         | - | $jemalloc_so | -                              | -
mtalloc          | - | $mtalloc_so  | -                              | -
heaptrack        | 1 | -            | -                              | heaptrack -o $work/heaptrack
stack-caller     | - | $mtalloc_so  | MTALLOC_OPTIONS=stack=caller   | -
stack-off        | - | $mtalloc_so  | MTALLOC_OPTIONS=stack=off      | -
off              | - | $mtalloc_so  | MTALLOC_OPTIONS=off            | -
glibc            | - | -            | -                              | -
mtalloc-summary  | - | $mtalloc_so  | MTALLOC_OPTIONS=exit=summary,dir=$work/summaries | -
END
}

peers_default="mtalloc heaptrack"

# What a peer's wrapper itself prints on standard output is not the program's.
without_chatter() { # FILE
    sed -e '/^heaptrack output will be written to/,/^starting application/d' \
        -e '/^heaptrack stats:/,$d' -e '/^Heaptrack finished!/,$d' "$1"
}
