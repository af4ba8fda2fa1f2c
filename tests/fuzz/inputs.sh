# What comes from outside: options, the host's policy, summaries, sealed files, logs and
# recordings. All of it hostile, under libFuzzer with sanitizers, from real files on.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/fuzz/lib.sh"
. "$srcdir/tests/programs.sh"
m=$MTALLOC_CMD

# All parts below `main`, once.
mkdir "$tmp/parts"
parts=$(cd "$srcdir" && printf '%s\n' base/*.c track/*.c export/*.c cli/*.c |
    grep -vE '^(cli/(main|top.*|run.*)|export/seal_load)\.c$')
defines="-DPACKAGE_VERSION=\"0.1.0\" -DMT_CLI=1 -DMT_POLICY=\"/nowhere\" -DMT_LIBDIR=\"/nowhere\" -DMT_DEBUGINFOD=0"
libraries="$tmp/parts.a -ldw -lelf -ljansson -liberty"
if grep -q '^MT_SODIUM = .' "$builddir/Makefile"; then
    defines+=" -DMT_SODIUM=1"
    libraries+=" -lsodium"
fi
flags+=" $defines"
# shellcheck disable=SC2086 # lists
compile() {
    "${parts_cc[@]}" $flags -c -o "$tmp/parts/${1//\//_}.o" "$srcdir/$1"
}
for part in $parts; do
    compile "$part" &
    [ "$(jobs -pr | wc -l)" -lt 2 ] || wait -n || fail "a part cannot be compiled"
done
wait
ar rcs "$tmp/parts.a" "$tmp"/parts/*.o

# new_seeds: an empty place for them.
new_seeds() {
    rm -rf "$tmp/seeds" && mkdir "$tmp/seeds"
}

new_seeds
"$m" options | sed -nE 's/^([a-z_]+)=([^ ]*).*/\1=\2/p' | while read -r option; do
    echo -n "preset=test,$option,${option%%=*}=1,signal=USR2" >"$tmp/seeds/${option%%=*}"
done
echo -n 'stack=full,frames=64,dir=/a,log=file:/b,limit_action=log+dump,max_dumps=1K' >"$tmp/seeds/all"
fuzz options 400000 "$libraries" -max_len=2000

new_seeds
echo 'require_encryption=1
recipient=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef' >"$tmp/seeds/sealed"
printf '# all\nprivacy=strict\nmax_dumps=7\nmax_dump_bytes=1M\n min_dump_interval=1000\ndir=/var\nsignal=none\n' \
    >"$tmp/seeds/floor"
fuzz policy 400000 "$libraries" -max_len=2000

# Summaries of a real program, small enough to be changed everywhere.
program cli/sample.c
MTALLOC_CMD=$m
mkdir -m 700 "$tmp/dir"
for options in limit_alloc=100 privacy=strict stack=sampled max_sites=2; do
    preload "exit=summary,dir=$tmp/dir,$options" "$tmp/sample" >/dev/null 2>&1
done
new_seeds
for file in "$tmp"/dir/*.mtalloc; do
    cp "$file" "$tmp/seeds/"
    awk '/"type":"(header|total|module|site|event|end)"/ && !seen[substr($0, 1, 16)]++' "$file" \
        >"$tmp/seeds/short.$(basename "$file")"
done
fuzz summary 6000 "$libraries" -max_len=30000

new_seeds
printf '%s\n' 'text before' 'mtalloc: ERROR: double-free size=24 id=7 site=0123456789abcdef' \
    '  detected by:' '    #0 sample+0x1234' '    #1 [truncated]+0x0' '  allocated by:' \
    '    #0 libc.so.6+0x2724a' '  module sample 00112233445566778899aabbccddeeff00112233' \
    '  module libc.so.6 aabbccdd' >"$tmp/seeds/report"
{ sed 's/^/Nov 24 12:00:00 host orders[7]: /' "$tmp/seeds/report"; } >"$tmp/seeds/syslog"
fuzz log 15000 "$libraries" -max_len=4000

if [[ $libraries == *-lsodium* ]]; then
    cd "$tmp"
    public=$("$m" keygen -o key)
    mkdir -m 700 sealed
    new_seeds
    for number in 0 1; do # the first in one chunk, the other in two
        preload "exit=summary,dir=$tmp/sealed,recipient=$public,max_sites=$((1 + number * 150))" \
            /usr/bin/python3 -c pass
        mv sealed/*.sealed "seeds/$number"
        "$m" decrypt -k key -o "plain.$number" "seeds/$number"
    done
    expect_at_least 65537 "$(stat -c %s plain.1)" "bytes of a file in two chunks"
    head -c 65677 seeds/1 >seeds/cut # behind the first of them
    fuzz sealed 20000 "$libraries" -max_len=100000
else
    echo "left out: sealed files (built without libsodium)"
fi

# A recording, without the room that it did not use.
preload "recorder=$tmp/whole,max_metadata=4M,max_sites=0" "$tmp/sample" >/dev/null 2>&1
cp --sparse=never "$tmp/whole" "$tmp/recording"
new_seeds
head -c 64 /dev/urandom >"$tmp/seeds/random"
fuzz region 3000 "$libraries" -max_len=400
