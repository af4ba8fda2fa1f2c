# xz and zstd with two threads, and back.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/apps/lib.sh"
need xz zstd

seq 1 700000 >"$tmp/text"
still='' apart=100 # their threads are not joined
same "xz -T2" xz 20 sh -c 'xz -T2 -2 --block-size=500KiB -c "$1" >text.xz && xz -dc text.xz | cmp - "$1"' xz "$tmp/text"
same "zstd -T2" zstd 10 sh -c 'zstd -q -T2 -B512K -5 -c "$1" >text.zst && zstd -qdc text.zst | cmp - "$1"' zstd "$tmp/text"
same "xz on no archive" xz 1 xz -dc "$tmp/text"
