# A hard container: user 1000, no capabilities, no new privileges, a root that cannot be
# written, a process namespace of its own, seccomp filters. The program is unharmed; what
# cannot be done is said; a volume, and a neighbour of the same user, get summaries.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"
need unshare setpriv mount

# Root makes a container as runtimes do; others one of their own, in which they stay who they
# are. Both have a root that cannot be written, and no capability.
bare=(setpriv --no-new-privs --bounding-set=-all --inh-caps=-all)
if [ "$(id -u)" = 0 ]; then
    how=(unshare --mount --pid --fork)
    bare+=(--reuid=1000 --regid=1000 --clear-groups)
    user=1000
else
    how=(unshare --map-root-user --mount --pid --fork)
    user=$(id -u)
fi
"${how[@]}" true 2>"$tmp/err" || skip "no namespaces here: $(cat "$tmp/err")"

ulimit -c 0
library=$tmp/lib
mkdir "$library"
cp -P "$(dirname "$MTALLOC_SO")"/libmtalloc.so* "$library/"
chmod -R a+rX "$library"
program privacy/cage.c -I"$srcdir"
program privacy/caged.c -I"$srcdir" -L"$library" -Wl,-rpath,"$library" -lmtalloc
program privacy/listener.c
chmod 711 "$tmp"
mkdir -m 700 "$tmp/volume" "$tmp/closed"
[ "$user" != 1000 ] || chown 1000:1000 "$tmp/volume" "$tmp/closed"

# contained OPTIONS COMMAND …: /proc is the container's, all is read-only but $tmp/volume.
contained() {
    local options=$1 status=0
    shift
    rm -rf "$tmp/volume"/*
    # shellcheck disable=SC2016 # the inner shell's
    timeout 60 "${how[@]}" bash -c '
        mount --make-rprivate / && mount -t proc none /proc &&
        mount --bind "$1/volume" "$1/volume" && mount -o remount,bind,ro / &&
        { ! findmnt -no TARGET -T "$1/closed" | grep -qv "^/$" ||
          mount -o remount,bind,ro "$(findmnt -no TARGET -T "$1/closed")"; } || exit 99
        ! touch "$1/closed/here" 2>/dev/null || exit 98
        shift; exec "$@"' inner "$tmp" "${bare[@]}" env -u XDG_RUNTIME_DIR -u RUNTIME_DIRECTORY \
        MTALLOC_OPTIONS="on_error=report,exit=summary,min_dump_interval=0,$options" "$@" \
        >"$tmp/out" 2>"$tmp/err" 3>/dev/null || status=$?
    [ "$status" != 99 ] || skip "cannot make a read-only root: $(cat "$tmp/err")"
    expect_equal 0 "$status" "status of $* with $options, which said $(cat "$tmp/err")"
}
made() { find "$tmp/volume" "$tmp/closed" -type f | wc -l; }

# It is what it says.
# shellcheck disable=SC2016 # the inner shell's
contained off bash -c 'id -u; grep -E "^(CapEff|NoNewPrivs)" /proc/self/status; echo $PPID'
if [ "$(id -u)" = 0 ]; then
    expect_equal "1000 CapEff: 0000000000000000 NoNewPrivs: 1" "$(head -n 3 "$tmp/out" | xargs)" "the container"
fi

# Nothing can be written: not in the default directory, which is not there, nor in one that
# was named. A volume does.
contained "" env LD_PRELOAD="$library/libmtalloc.so" "$tmp/listener"
expect_match '^mtalloc: error: summary-not-written reason=' "$tmp/err" "the default directory"
expect_equal 0 "$(made)" "files"
contained "dir=$tmp/closed" env LD_PRELOAD="$library/libmtalloc.so" "$tmp/listener"
expect_match '^mtalloc: error: summary-not-written reason="read-only file system"' "$tmp/err" "a read-only directory"
expect_equal 0 "$(made)" "files"
contained "dir=$tmp/volume" env LD_PRELOAD="$library/libmtalloc.so" "$tmp/listener"
[ ! -s "$tmp/err" ] || fail "a volume, and yet: $(cat "$tmp/err")"
expect_equal 2 "$(made)" "files on the volume"
expect_equal "600 $user" "$(stat -c '%a %u' "$tmp"/volume/* | sort -u)" "their mode and owner"

# Every container has a process 1, or at least the same small numbers: names still differ.
mkdir "$tmp/kept"
for _ in 1 2 3 4 5; do
    contained "dir=$tmp/volume" env LD_PRELOAD="$library/libmtalloc.so" "$tmp/listener"
    for file in "$tmp"/volume/*; do
        [ ! -e "$tmp/kept/${file##*/}" ] || fail "a name given twice: $file"
        mv "$file" "$tmp/kept/"
    done
done
expect_equal 10 "$(find "$tmp/kept" -type f | wc -l)" "files of five containers"
expect_equal 2 "$(find "$tmp/kept" -type f | sed -E 's/\.[0-9a-f]{16}\.mtalloc$//' | sort -u | wc -l)" \
    "names but for what is random in them"

# A filter that kills, after the start: unharmed, and said once a process.
for filter in kill only; do
    contained "dir=$tmp/volume,check=exit" "$tmp/caged" $filter
    expect_equal "parent -1 -1 0 -1 child -1 -1 0 -1" "$(xargs <"$tmp/out")" "results under $filter"
    expect_equal 2 "$(grep -c ' sandboxed ' "$tmp/err")" "lines about it under $filter"
    expect_equal 0 "$(made)" "files under $filter"
done
# And under one from before, as the runtime's, which refuses ptrace and process_vm_readv.
contained "dir=$tmp/volume" "$tmp/cage" errno "$tmp/caged" free
expect_equal "parent 0 0 0 -1 child 0 0 0 -1" "$(xargs <"$tmp/out")" "results under a runtime's filter"
expect_equal 8 "$(made)" "files under a runtime's filter"
contained "dir=$tmp/volume" "$tmp/cage" kill "$tmp/caged" kill
expect_equal "parent -1 -1 0 -1 child -1 -1 0 -1" "$(xargs <"$tmp/out")" "results under two filters"

# A neighbour of the same user, without rights either, in the same process namespace.
cp "$MTALLOC_CMD" "$tmp/mtalloc"
cat >"$tmp/neighbours" <<'SH'
LD_PRELOAD=$1/libmtalloc.so sleep 60 &
for _ in $(seq 100); do
    "$2/mtalloc" dump $! -o "$2/volume/neighbour" 2>"$2/volume/why" && break
    sleep 0.05
done
kill $!
cat "$2/volume/why"
SH
contained "" bash "$tmp/neighbours" "$library" "$tmp"
expect_match '"type":"end"' "$tmp/volume/neighbour" "a summary that a neighbour took: $(cat "$tmp/out")"

# The manifest is as hard as this.
for line in 'allowPrivilegeEscalation: false' 'readOnlyRootFilesystem: true' 'drop: \["ALL"\]' 'runAsUser: 1000'; do
    expect_match "$line" "$srcdir/examples/kubernetes.yaml" "the manifest"
done

# A recording on a shared volume is read by whoever has that, while the program runs or after.
contained "recorder=$tmp/volume/recording" env LD_PRELOAD="$library/libmtalloc.so" "$tmp/listener"
"$MTALLOC_CMD" dump --from "$tmp/volume/recording" -o "$tmp/from" || fail "the recording"
expect_match '"type":"end"' "$tmp/from" "a summary of the recording"
