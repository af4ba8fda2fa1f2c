# Every command of docs/GUIDE.md, chapter by chapter, and what it shows.
. "${srcdir:-.}/tests/lib.sh"
need python3 jq
guide=$srcdir/docs/GUIDE.md
python=(python3 "$srcdir/tests/setup/guide.py")

mkdir "$tmp/bin"
ln -s "$(realpath "$MTALLOC_CMD")" "$tmp/bin/mtalloc"
export PATH=$tmp/bin:$PATH LD_LIBRARY_PATH=$builddir
unset XDG_RUNTIME_DIR RUNTIME_DIRECTORY
at_end() {
    pkill -KILL -f "^./orders" -U "$(id -u)" 2>/dev/null
    rm -f "/var/tmp/mtalloc-$(id -u)"/orders.*
}
mkdir "$tmp/examples"
cp "$srcdir/examples/orders.c" "$tmp/examples/"
(cd "$tmp" && "$CC" -g -O2 -Wall -Werror examples/orders.c -o orders)
expect_match '^    cc -g -O2 examples/orders.c -o orders$' "$guide" "how the example is built"

# chapter TITLE: runs it in a directory of its own.
chapter() {
    local directory=$tmp/$((number += 1)) out status=0
    mkdir "$directory"
    cd "$directory"
    ln -s ../orders orders
    "${python[@]}" script "$guide" "$1" >script
    bash -euo pipefail script 2>err || status=$?
    if [ "$status" -ne 0 ]; then
        for out in *.out; do echo "== $out" && cat "$out"; done >&2
        cat err >&2
        fail "$1: a command failed"
    fi
    "${python[@]}" compare "$guide" "$1" >missing ||
        { cat ./*.out missing >&2; fail "$1: shows what is not said"; }
    cd "$tmp"
}

number=0
"${python[@]}" chapters "$guide" >"$tmp/chapters"
expect_at_least 6 "$(wc -l <"$tmp/chapters")" "chapters"
while read -r title; do
    chapter "$title"
done <"$tmp/chapters"

# The pod is what the guide says it is.
python3 - "$srcdir/examples/kubernetes.yaml" <<'PY' || fail "examples/kubernetes.yaml"
import sys

import yaml

pod = yaml.safe_load(open(sys.argv[1]))
spec = pod["spec"]
service, sidecar = spec["containers"]
user = spec["securityContext"]
assert pod["kind"] == "Pod" and spec["shareProcessNamespace"] is True
assert user["runAsNonRoot"] and user["runAsUser"]
volumes = {volume["name"] for volume in spec["volumes"]}
for container in spec["containers"] + spec["initContainers"]:
    context = container["securityContext"]
    assert context["readOnlyRootFilesystem"] and not context["allowPrivilegeEscalation"]
    assert context["capabilities"] == {"drop": ["ALL"]}
    assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
environment = {entry["name"]: entry["value"] for entry in service["env"]}
assert environment["LD_PRELOAD"].endswith("/libmtalloc.so.0")
assert "recorder=/recordings/" in environment["MTALLOC_OPTIONS"]
PY

# Two containers of one user that share their processes, as the pod has them: no capabilities,
# no new privileges, root's files read-only since they are root's.
if [ "$(id -u)" != 0 ] || ! unshare --pid --fork --mount-proc true 2>/dev/null; then
    echo "left out: a pod's namespaces, which need root"
    exit 0
fi
mkdir -m 755 "$tmp/pod"
cp "$tmp/orders" "$MTALLOC_CMD" "$builddir/libmtalloc.so.0" "$tmp/pod/"
chmod 755 "$tmp" "$tmp/pod" "$tmp/pod"/*
install -d -o 1000 -g 1000 -m 700 "$tmp/pod/recordings"
cat >"$tmp/pod/inside" <<'POD'
cd "$(dirname "$0")"
MTALLOC_OPTIONS=recorder=recordings LD_PRELOAD=$PWD/libmtalloc.so.0 ./orders leak &
service=$!
sleep 1
./mtalloc dump "$service" -o recordings/living.mtalloc
./mtalloc report recordings/living.mtalloc
kill -KILL "$service"
wait "$service" || true
./mtalloc report recordings/orders.*.recording
POD
expect_status 0 unshare --pid --fork --mount-proc setpriv --reuid 1000 --regid 1000 \
    --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs \
    bash -euo pipefail "$tmp/pod/inside"
expect_equal 2 "$(grep -c 'make_note (inlined)' "$tmp/out")" "reports of the sidecar"
expect_match '^orders  pid [0-9]+, running after' "$tmp/out" "the service while it runs"
expect_match '^orders  pid [0-9]+, ended without' "$tmp/out" "the service after it was killed"
