# ./quickstart with wrong input, and where packages are missing and cannot be installed.
. "$srcdir/tests/lib.sh"
quickstart=$srcdir/quickstart

for arguments in "" "walk" "run ls" "run --" "check twice" "check --"; do
    # shellcheck disable=SC2086 # split on purpose
    expect_status 2 "$quickstart" $arguments
    [ ! -s "$tmp/out" ] || fail "usage after '$arguments' is not on stderr"
    expect_match '^usage: \./quickstart run' "$tmp/err" "usage after '$arguments'"
done
expect_status 0 "$quickstart" help
expect_match '^usage: \./quickstart run' "$tmp/out" "help"

# Nobody's machine: one package is missing, no root, no sudo.
mkdir "$tmp/bin"
for command in bash dirname sed mktemp cat; do
    ln -s "$(command -v $command)" "$tmp/bin/"
done
printf '#!/bin/sh\necho 1000\n' >"$tmp/bin/id"
printf '#!/bin/sh\n[ "$4" = libdw-dev ] || echo installed\n' >"$tmp/bin/dpkg-query"
chmod +x "$tmp/bin/id" "$tmp/bin/dpkg-query"
BUILD=$tmp/build expect_status 1 env "PATH=$tmp/bin" "$quickstart" run
expect_match '^ *apt-get install --no-install-recommends libdw-dev$' "$tmp/err" "the line to type"
[ ! -e "$tmp/build" ] || fail "it went on"

# No Debian: says what would be needed.
rm "$tmp/bin/dpkg-query"
BUILD=$tmp/build expect_status 1 env "PATH=$tmp/bin" "$quickstart" run
expect_match 'no Debian' "$tmp/err" "another system"
