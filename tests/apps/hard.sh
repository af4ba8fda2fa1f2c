# Programs that do to an allocator what few dare: an operator new of their own, plug-ins that
# come and go, forks from many threads, daemons that close every descriptor.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/apps/lib.sh"

program apps/forks.c
apart=200
same forks forks 10000 "$tmp/forks"
apart=0

program apps/daemon.c
same daemon daemon 500 sh -c ': >said; "$1" said; cat said' daemon "$tmp/daemon"
expect_equal "to stderr worked" "$(xargs <"$tmp/under.out")" "what the daemon wrote"

command -v "${CXX%% *}" >/dev/null || { echo "no C++ compiler: two programs left out"; exit 0; }
program apps/own_new.cc
same "own operator new" own_new 3000 "$tmp/own_new"
program apps/plugin.cc -shared -fPIC -O2
mv "$tmp/plugin" "$tmp/plugin2"
program apps/plugin.cc -shared -fPIC
program apps/plugins.c -ldl
same "plug-ins" plugins 3000 "$tmp/plugins" "$tmp/plugin" "$tmp/plugin2"

# Two files with one build ID are the same code, and their stacks have the same signatures.
cp "$tmp/plugin" "$tmp/plugin3"
same "copies of a plug-in" plugins 3000 "$tmp/plugins" "$tmp/plugin" "$tmp/plugin3"
cat "$tmp"/dir/*.mtalloc | grep -o '"sig":"[0-9a-f]*"' | sort | uniq -d >"$tmp/shared"
[ -s "$tmp/shared" ] || fail "copies of a plug-in: no signature in common"
