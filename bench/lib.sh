# What the benchmark's scripts share: source this first. The build directory is $BUILD, by
# default the one it is called in.
#
# shellcheck shell=bash disable=SC2034 # variables for those that source this
set -euo pipefail
export LC_ALL=C.UTF-8
unset MTALLOC_OPTIONS LD_PRELOAD
PATH=$PATH:/usr/sbin

bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
builddir=$(cd "${BUILD:-.}" && pwd)
programs=$builddir/bench
mtalloc_so=${MTALLOC_SO:-$builddir/libmtalloc.so}

die() {
    echo "bench: $*" >&2
    exit 1
}

library() { # NAME: its path, or the name where the system has none
    ldconfig -p | awk -v name="$1" \
        '$1 == name && !path { path = $NF } END { print path ? path : name }'
}
jemalloc_so=$(library libjemalloc.so.2)

# Field COLUMN of the row called NAME.
field() { # TABLE NAME COLUMN
    "$1" | awk -F ' *[|] *' -v name="$2" -v column="$3" \
        '{ gsub(/^ +| +$/, "") } $1 == name { print $column }'
}

names() { # TABLE
    "$1" | awk '{ print $1 }'
}

# The first of some commands (a,b or -) that is not installed.
missing_command() { # COMMANDS
    local command
    for command in ${1//,/ }; do
        [[ $command == - ]] || command -v "$command" >/dev/null ||
            { echo "$command" && return; }
    done
}

describe_machine() {
    echo "machine:  $(lscpu | awk -F ': *' '/^Model name:/ && !found++ { print $2 }')," \
        "$(nproc) cores, $(awk '/MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo)"
    echo "system:   $(. /etc/os-release && echo "$PRETTY_NAME"), Linux $(uname -r)"
    echo "compiler: $("${CC:-gcc}" --version | sed -n 1p)"
    echo "jemalloc: $(dpkg-query -W -f '${Version}' libjemalloc2 2>/dev/null || echo "$jemalloc_so")"
    echo "settings: MALLOC_CONF=\"${MALLOC_CONF-}\", load average at start" \
        "$(cut -d ' ' -f 1 /proc/loadavg)"
    awk -v cores="$(nproc)" '$1 > cores / 2 {
        print "warning:  the machine is busy; wall times will be noise" }' /proc/loadavg
}
