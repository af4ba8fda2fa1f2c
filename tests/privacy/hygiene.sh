# Files: only in a checked directory, 0600, complete or absent; never where nobody asked.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"

ulimit -c 0
program privacy/listener.c
mkdir -m 700 "$tmp/cwd"
cd "$tmp/cwd"

# listen OPTIONS [NAME=VALUE …]: runs the program once; what it says is in $tmp/err.
listen() {
    local options=$1
    shift
    timeout 20 env -u XDG_RUNTIME_DIR -u RUNTIME_DIRECTORY "$@" LD_PRELOAD="$MTALLOC_SO" \
        MTALLOC_OPTIONS="$options" "$tmp/listener" >"$tmp/out" 2>"$tmp/err" ||
        fail "status $? with $options $*"
}

files() { find "$1" -type f | wc -l; }

# refused DIRECTORY WHY
refused() {
    listen "dir=$1"
    expect_equal 0 "$(files "$tmp/real")" "files in a directory that is $2"
    expect_equal 0 "$(files "$1/")" "files in a directory that is $2"
    expect_match '^mtalloc: (WARNING|ERROR|warning|error)' "$tmp/err" "a directory that is $2"
}

# A directory of one's own is taken, whatever the umask.
mkdir -m 700 "$tmp/real"
(umask 0 && listen "dir=$tmp/real")
[ ! -s "$tmp/err" ] || fail "said something: $(cat "$tmp/err")"
expect_equal 1 "$(files "$tmp/real")" "files"
file=$(only_file "$tmp/real" '*.mtalloc')
expect_equal 600 "$(stat -c %a "$file")" "mode of the file"
summary check --still "$file"
(umask 777 && listen "dir=$tmp/real")
expect_equal 2 "$(files "$tmp/real")" "files"
rm "$tmp"/real/*

# Others are not.
ln -s "$tmp/real" "$tmp/link"
refused "$tmp/link" "a symbolic link"
mkdir -m 770 "$tmp/group"
refused "$tmp/group" "writable by the group"
mkdir "$tmp/world" && chmod 1777 "$tmp/world"
refused "$tmp/world" "writable by all"
if [ "$(id -u)" = 0 ]; then
    mkdir -m 700 "$tmp/other" && chown 12345 "$tmp/other"
    refused "$tmp/other" "another user's"
fi
echo text >"$tmp/file"
listen "dir=$tmp/file"
expect_equal text "$(cat "$tmp/file")" "a file in place of the directory"
listen "dir=$tmp/missing"
[ ! -e "$tmp/missing" ] || fail "a missing directory was made"

# Where files go when no directory is named; made 0700 when needed.
mkdir -m 700 "$tmp/run" "$tmp/service"
listen "" XDG_RUNTIME_DIR="$tmp/run"
expect_equal 1 "$(files "$tmp/run/mtalloc")" "files below XDG_RUNTIME_DIR"
expect_equal 700 "$(stat -c %a "$tmp/run/mtalloc")" "mode of the directory"
listen "" XDG_RUNTIME_DIR="$tmp/run" RUNTIME_DIRECTORY="$tmp/service"
expect_equal 1 "$(files "$tmp/service")" "files in RUNTIME_DIRECTORY"
rm -r "$tmp/run/mtalloc"
ln -s "$tmp/real" "$tmp/run/mtalloc"
listen "" XDG_RUNTIME_DIR="$tmp/run"
expect_equal 0 "$(files "$tmp/real")" "files through a planted link"

if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
    user=$((60000 + RANDOM % 4000))
    chmod 711 "$tmp"
    cp "$MTALLOC_SO" "$tmp/libmtalloc.so"
    trap 'rm -rf "/var/tmp/mtalloc-$user"; test_end' EXIT
    [ ! -e "/var/tmp/mtalloc-$user" ] || fail "/var/tmp/mtalloc-$user exists"
    timeout 20 setpriv --reuid $user --clear-groups env -u XDG_RUNTIME_DIR \
        -u RUNTIME_DIRECTORY LD_PRELOAD="$tmp/libmtalloc.so" "$tmp/listener"
    expect_equal 1 "$(files "/var/tmp/mtalloc-$user")" "files in /var/tmp"
    expect_equal "700 $user" "$(stat -c '%a %u' "/var/tmp/mtalloc-$user")" "mode and owner"
    expect_equal "600 $user" "$(stat -c '%a %u' "/var/tmp/mtalloc-$user"/*)" "mode and owner"
fi

# With the standard descriptors closed, at start or later, nothing goes to the file that took
# their place: no complaint about the directory, no summary, no report.
for options in "dir=$tmp/link" "dir=$tmp/real" "log_level=debug,dir=$tmp/group"; do
    for closed in "" "0<&- 1>&- 2>&-"; do
        status=$(exec 2>/dev/null
            eval 'timeout 20 env LD_PRELOAD="$MTALLOC_SO" MTALLOC_OPTIONS="$options" \
                "$tmp/listener" "$tmp/database"' "$closed" '|| echo $?')
        expect_equal 134 "$status" "status after a double free with $options"
        expect_equal 0 "$(stat -c %s "$tmp/database")" "bytes in somebody's file"
    done
done

expect_equal "" "$(ls -A "$tmp/cwd")" "files in the working directory"
