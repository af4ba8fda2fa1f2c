# The allocators and profilers that are compared. All ratios are to the first one.
#
#   name | run by | rounds | loads | preloaded | set in its environment | wrapped around the command
#
# "-" is none, or all. `run by` is the least of `make bench` (bench), `make bench-full`
# (full) and asking for it by name (-). `rounds` bounds how often a slow one is run; `loads`
# are those it is run on. A peer is left out, and named, where the preloaded file or the
# wrapping command is missing, or where it can't run a program that does nothing.
#
# shellcheck shell=bash disable=SC2154,SC2034 # variables shared with run.sh
peers_table() {
    local conf=MALLOC_CONF=${MALLOC_CONF:+$MALLOC_CONF,}
    cat <<END
jemalloc       | bench | - | - | $jemalloc_so | -                            | -
mtalloc        | bench | - | - | $mtalloc_so  | -                            | -
stack-caller   | full  | - | - | $mtalloc_so  | MTALLOC_OPTIONS=stack=caller | -
stack-off      | full  | - | - | $mtalloc_so  | MTALLOC_OPTIONS=stack=off    | -
stack-sampled  | full  | - | - | $mtalloc_so  | MTALLOC_OPTIONS=stack=sampled | -
off            | full  | - | - | $mtalloc_so  | MTALLOC_OPTIONS=off          | -
glibc          | full  | - | - | -            | -                            | -
scudo          | full  | - | - | $scudo_so    | -                            | -
jemalloc-prof  | full  | 3 | - | $jemalloc_so | ${conf}prof:true             | -
jemalloc-exact | full  | 1 | - | $jemalloc_so | ${conf}prof:true,lg_prof_sample:0 | -
gperftools     | full  | 1 | - | $tcmalloc_so | HEAPPROFILE=$work/heapprofile | -
heaptrack      | full  | 1 | - | -            | -                            | heaptrack -o $work/heaptrack
dhat           | full  | 1 | cc1,resize,huge | - | -                        | valgrind -q --tool=dhat --dhat-out-file=$work/dhat
mtalloc-summary | -    | - | - | $mtalloc_so  | MTALLOC_OPTIONS=exit=summary,dir=$work/summaries | -
END
}

tcmalloc_so=$(library libtcmalloc.so.4)
scudo_so=$(clang -print-file-name=libclang_rt.scudo_standalone-"$(uname -m)".so 2>/dev/null) ||
    scudo_so=libclang_rt.scudo_standalone.so

# What a peer says where it was preloaded or set up in vain.
peer_refused='cannot be preloaded|Invalid conf'

# What a peer's wrapper itself prints on standard output is not the program's.
without_chatter() { # FILE
    sed -e '/^heaptrack output will be written to/,/^starting application/d' \
        -e '/^heaptrack stats:/,$d' -e '/^Heaptrack finished!/,$d' "$1"
}
