#!/bin/bash
# Makes the private copy of jemalloc: one relocatable object whose public names are
# mt_je_NAME and whose other names are local, so that nothing in it can clash with a
# jemalloc that the program brings along.
#
# usage: jemalloc_private.sh LIBJEMALLOC_PIC.A RENAMED-LIST OUTPUT.O
# Takes LD, OBJCOPY, NM, AR from the environment.
set -eu

archive=$(realpath "$1") names=$(realpath "$2") output=$(realpath -m "$3")
work=$(mktemp -d "$output.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

${AR:-ar} x "$archive"
# operator new and delete are ours; jemalloc's would bring the C++ runtime.
rm -f jemalloc_cpp.pic.o
${LD:-ld} -r -o whole.o ./*.pic.o

sed 's/#.*//; /^[[:space:]]*$/d' "$names" > renames
awk 'NF == 1 { print $1, "mt_je_" $1; next } { print $1, $2 }' renames > map
awk 'NF == 1 { print "mt_je_" $1 }' renames > keep
${OBJCOPY:-objcopy} --redefine-syms=map whole.o renamed.o
${OBJCOPY:-objcopy} --keep-global-symbols=keep renamed.o private.o

# Every name must have been there, and none of the replaced ones may be left.
${NM:-nm} private.o | awk '$(NF-1) != "U" { print $NF }' | sort > defined
if missing=$(sort keep | comm -23 - defined | grep .); then
    echo "$0: not defined by $archive:" $missing >&2
    exit 1
fi
${NM:-nm} private.o | awk '$(NF-1) == "U" { print $NF }' | sort > wanted
if left=$(awk '{ print $1 }' map | sort | comm -12 - wanted | grep .); then
    echo "$0: still wanted from outside: " $left >&2
    exit 1
fi
mv private.o "$output"
