# What of a linked file is soft: source this after tests/lib.sh.

# soft FILE: a line for each thing that is missing, of any file.
soft() {
    local dynamic segments
    dynamic=$(readelf -dW "$1") segments=$(readelf -lW "$1")
    grep -q 'FLAGS.*BIND_NOW\|FLAGS_1.*NOW' <<<"$dynamic" || echo "not bound at start"
    grep -q 'Type:.*DYN' <<<"$(readelf -hW "$1")" || echo "at a fixed address"
    ! grep -q 'TEXTREL' <<<"$dynamic" || echo "text relocations"
    ! grep -q 'RPATH\|RUNPATH' <<<"$dynamic" || echo "a search path"
    grep -q 'GNU_RELRO' <<<"$segments" || echo "no relro"
    grep -q 'GNU_STACK.* RW ' <<<"$segments" || echo "executable stack"
    ! grep -q 'LOAD.* RWE' <<<"$segments" || echo "writable code"
    grep -q 'Build ID' <<<"$(readelf -nW "$1")" || echo "no build ID"
    grep -q '__stack_chk_fail' <<<"$("$NM" -D "$1")" || echo "no stack protector"
}

needed() { readelf -dW "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -v '^ld-linux' | xargs; }

# soft_library FILE SONAME NEEDED
soft_library() {
    local dynamic
    dynamic=$(readelf -dW "$1")
    soft "$1"
    grep -q 'FLAGS_1.*NODELETE' <<<"$dynamic" || echo "can be unloaded"
    grep -qF "SONAME" <<<"$dynamic" && grep -qF "[$2]" <<<"$dynamic" || echo "wrong soname"
    [[ $(needed "$1") =~ ^$3$ ]] || echo "needs $(needed "$1")"
}

# soft_command FILE: calls of libc that can overflow are the checked ones.
soft_command() {
    soft "$1"
    grep -q '__fprintf_chk' <<<"$("$NM" -D "$1")" || echo "not fortified"
}

# soft_set LIBRARY-DIRECTORY COMMAND: all that is installed.
soft_set() {
    soft_library "$1/libmtalloc.so.0" libmtalloc.so.0 'libc\.so\.6' | sed 's/^/libmtalloc.so: /'
    [ ! -e "$1/libmtalloc-seal.so.0" ] ||
        soft_library "$1/libmtalloc-seal.so.0" libmtalloc-seal.so.0 \
            'libsodium\.so\.[0-9]+ libc\.so\.6' | sed 's/^/libmtalloc-seal.so: /'
    soft_command "$2" | sed 's/^/mtalloc: /'
}
