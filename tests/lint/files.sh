# The project's own files, for lints: source this after tests/lib.sh.

# our_files PATTERN …: names, relative to the source tree, that match a shell pattern.
our_files() {
    local names
    # An unpacked release may lie in somebody's repository.
    if git -C "$srcdir" ls-files --error-unmatch configure.ac >/dev/null 2>&1; then
        names=$(git -C "$srcdir" ls-files --cached --others --exclude-standard)
    else
        names=$(cd "$srcdir" && find . \( -path './build*' -o -path './_*' -o -name autom4te.cache \) -prune \
            -o -type f -not -name 'Makefile.in' -not -name configure -not -name 'configure~' \
            -not -name aclocal.m4 -printf '%P\n')
    fi
    local name pattern
    while read -r name; do
        [ -f "$srcdir/$name" ] || continue
        for pattern; do
            # shellcheck disable=SC2254 # the pattern is one
            case $name in $pattern) echo "$name"; break ;; esac
        done
    done <<<"$names" | sort -u
}
