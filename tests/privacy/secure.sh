# A set-user-ID program that is linked with the library: no environment, no files, no
# signals, no messages.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"
need setpriv
[ "$(id -u)" = 0 ] || skip "needs root to make a set-user-ID program"

user=12345
place=$tmp/place
mkdir "$place" "$tmp/run" "$tmp/dir"
chmod 711 "$tmp"
chmod 755 "$place"
cp "$MTALLOC_SO" "$place/libmtalloc.so"
ln -s libmtalloc.so "$place/libmtalloc.so.0"
chmod 755 "$place/libmtalloc.so"
program privacy/secure.c -L"$place" -Wl,-rpath,"$place" -lmtalloc
cp "$tmp/secure" "$place/plain"
cp "$tmp/secure" "$place/privileged"
chmod 755 "$place/plain"
chmod 4755 "$place/privileged"
chown $user "$tmp/run"

# attempt PROGRAM: as an unprivileged user; status in $status.
attempt() {
    status=$(exec 2>/dev/null
        cd "$tmp/run"
        timeout 20 setpriv --reuid $user --clear-groups env XDG_RUNTIME_DIR="$tmp/run" \
            RUNTIME_DIRECTORY="$tmp/dir" \
            MTALLOC_OPTIONS="$2exit=summary,log_level=debug,nonsense=1" \
            "$place/$1" >"$tmp/out" 2>"$tmp/err" || echo $?)
}

# The same program without the privilege does all of it.
chown $user "$tmp/dir"
chmod 700 "$tmp/dir"
attempt plain ""
expect_equal "0 0" "$(head -1 "$tmp/out")" "AT_SECURE and mtalloc_dump() unprivileged"
expect_match '^survived$' "$tmp/out" "SIGUSR1 unprivileged"
expect_match '^to -2 totals 0 1 limit 1 1$' "$tmp/out" "the other calls unprivileged"
expect_equal 3 "$(find "$tmp/dir" -name '*.mtalloc' | wc -l)" "summaries unprivileged"
[ -s "$tmp/err" ] || fail "no message about a wrong option"
rm "$tmp"/dir/*

# A directory that the privileged program would find in order.
chown 0 "$tmp/dir"
for options in "" "dir=$tmp/dir," "off,"; do
    attempt privileged "$options"
    secure=$(head -1 "$tmp/out")
    [ "${secure%% *}" = 1 ] || skip "set-user-ID has no effect here"
    expect_equal 138 "$status" "status: killed by SIGUSR1, which is not taken"
    expect_equal "1 -95" "$secure" "AT_SECURE and mtalloc_dump()"
    # The environment is not read, so `off` is not either.
    expect_match '^to -95 totals 0 1 limit 1 1$' "$tmp/out" "the other calls"
    [ ! -s "$tmp/err" ] || fail "a message: $(cat "$tmp/err")"
    expect_equal "" "$(find "$tmp/dir" "$tmp/run" -type f)" "files"
done
[ ! -e /var/tmp/mtalloc-$user ] || fail "/var/tmp/mtalloc-$user was made"
