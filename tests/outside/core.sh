# `mtalloc dump --core`: the counters of a program that crashed, out of its core; and cores
# that are damaged, of other programs, or lack what is needed.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"
[ "$(cat /proc/sys/kernel/core_pattern)" = core ] || skip "cores do not go to the working directory"
ulimit -c unlimited 2>/dev/null || skip "no cores here"

m=$MTALLOC_CMD
program outside/ends.c
cd "$tmp"

# dies NAME COMMAND …: its core becomes NAME; a shell in between leaves none.
dies() {
    local name=$1
    rm -f core core.[0-9]*
    (exec 2>/dev/null; timeout 60 "${@:2}" >printed) || true
    [ -e core ] || mv core.[0-9]* core 2>/dev/null || skip "no core was written"
    mv core "$name"
}
refused() {
    expect_status 3 "$m" dump --core "$2" -o none
    expect_equal 1 "$(wc -l <"$tmp/err")" "lines about $2"
    expect_match "$1" "$tmp/err" "$2"
    [ ! -e none ] || fail "a summary of $2"
}

for how in abort segv; do
    dies $how.core env LD_PRELOAD="$MTALLOC_SO" ./ends $how
    counts=$(tail -n 1 printed)
    expect_status 0 "$m" dump --core $how.core -o $how.mtalloc
    summary check --still $how.mtalloc
    expect_equal "$counts" "$(summary function $how.mtalloc ends make_block)" "counts, $how"
    expect_equal "core running null ends" \
        "$(summary get $how.mtalloc header.reason header.state resource.rss_bytes header.program | xargs)" "header, $how"
    expect_status 0 "$m" report $how.mtalloc
    expect_match '^ends  pid [0-9]+, dumped core$' "$tmp/out" "the report, $how"
done
expect_status 0 "$m" dump --core abort.core
expect_match '^ends\.[0-9]+\.mtalloc$' "$tmp/out" "the default name"

# Without ELF headers the region is found by its beginning.
(echo 0x03 >/proc/self/coredump_filter && dies bare.core env LD_PRELOAD="$MTALLOC_SO" ./ends abort; cp printed bare.out)
[ -e bare.core ] || skip "no core without headers"
if "$m" dump --core bare.core -o bare.mtalloc; then
    expect_equal "$(tail -n 1 bare.out)" "$(summary function bare.mtalloc ends make_block)" "counts, no ELF headers"
else
    fail "the region is not found without its note"
fi

# A recording is not in a core; which file it was is.
dies recorded.core env LD_PRELOAD="$MTALLOC_SO" MTALLOC_OPTIONS="recorder=$memory/recording" ./ends abort
refused "counters were in a recording, which a core leaves out: $memory/recording\$" recorded.core
(echo 0x3b >/proc/self/coredump_filter &&
    dies shared.core env LD_PRELOAD="$MTALLOC_SO" MTALLOC_OPTIONS="recorder=$memory/shared" ./ends abort)
expect_status 0 "$m" dump --core shared.core -o shared.mtalloc
expect_equal "$(tail -n 1 printed)" "$(summary function shared.mtalloc ends make_block)" "counts, with shared memory"

# That of `mtalloc run` has no name, and is there.
dies run.core "$m" run -- ./ends abort
expect_status 0 "$m" dump --core run.core -o run.mtalloc
expect_equal "$(tail -n 1 printed)" "$(summary function run.mtalloc ends make_block)" "counts, under mtalloc run"

dies plain.core ./ends abort
refused 'ran without libmtalloc, or the core leaves out' plain.core
dies off.core env LD_PRELOAD="$MTALLOC_SO" MTALLOC_OPTIONS=off ./ends abort
refused 'switched off' off.core
refused 'not a core' ends
: >empty
refused 'not a core' empty
refused 'not a core' .
expect_status 3 "$m" dump --core absent
expect_match 'absent: No such file' "$tmp/err" "a file that is not there"
expect_status 2 "$m" dump --core abort.core 1

# Cut short anywhere, and with a head full of nonsense: one line or a summary, no crash.
bytes=$(stat -c %s abort.core)
for part in 1 63 64 100 4000 8192 $((bytes / 4)) $((bytes / 2)) $((bytes - 4096)); do
    head -c "$part" abort.core >cut.core
    status=0
    "$m" dump --core cut.core -o cut.mtalloc >said 2>&1 || status=$?
    [ $status = 3 ] || [ $status = 0 ] || fail "cut to $part bytes: status $status: $(cat said)"
    [ $status = 0 ] || expect_equal 1 "$(wc -l <said)" "lines, cut to $part bytes"
done
/usr/bin/python3 - "$m" "${CORE_ROUNDS:-150}" <<'END'
import random, struct, subprocess, sys
random.seed(7)
odd = [0, 1, 2**31, 2**63, 2**64 - 1, 2**64 - 4096, 4096]
made = {0: 0, 3: 0, 1: 1} # 1: for a recipient that is no key

class Core:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.bytes = bytearray(file.read())
        phoff, = struct.unpack_from("<Q", self.bytes, 32)
        phnum, = struct.unpack_from("<H", self.bytes, 56)
        self.headers = [phoff + 56 * i for i in range(phnum)]
        self.note = min(struct.unpack_from("<Q", self.bytes, at + 8)[0] for at in self.headers
                        if struct.unpack_from("<I", self.bytes, at)[0] == 4)
        self.files = self.bytes.find(struct.pack("<I", 0x46494c45)) + 12 # after "CORE"
        self.region = max(self.bytes.find(struct.pack("<Q", 0x314e474552544d01)), 64)

    def place(self):
        return random.choice([random.randrange(16, 64),
                              random.choice(self.headers) + random.randrange(56),
                              random.choice(self.headers) + 8 * random.randrange(1, 7),
                              self.region + 8 * random.randrange(70),
                              self.note + 8 * random.randrange(200),
                              self.files - 8 + 8 * random.randrange(12)])

    def many_files(self):
        """A list of mapped files that has no end, and no file."""
        count, = struct.unpack_from("<Q", self.bytes, self.files)
        with open("files.core", "wb") as file:
            file.write(self.bytes[:self.files] + struct.pack("<Q", 2**40) +
                       self.bytes[self.files + 8:self.files + 16] + bytes(24 * count) +
                       self.bytes[self.files + 16 + 24 * count:])

    def damage(self):
        changed = []
        for _ in range(random.choice([1, 1, 2, 10])):
            at = self.place()
            odd_bytes = random.choice([struct.pack("<Q", random.choice(odd + [len(self.bytes)])),
                                       bytes([random.randrange(256)])])
            changed.append((at, bytes(self.bytes[at:at + len(odd_bytes)])))
            self.bytes[at:at + len(odd_bytes)] = odd_bytes
        with open("odd.core", "wb") as file:
            file.write(self.bytes)
        for at, before in reversed(changed):
            self.bytes[at:at + len(before)] = before

cores = Core("abort.core"), Core("recorded.core")
cores[1].many_files()
for number in range(int(sys.argv[2])):
    cores[number % 2].damage()
    done = subprocess.run([sys.argv[1], "dump", "--core", "odd.core", "-o", "odd.mtalloc"],
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60)
    if done.returncode not in made or done.stderr.count(b"\n") > 1:
        sys.exit("FAIL: round %d: status %d: %s" % (number, done.returncode, done.stderr[-300:]))
    made[done.returncode] += 1
print("%d damaged cores: %d read, %d refused" % (sum(made.values()) - 1, made[0], made[3]))
if min(made.values()) == 0:
    sys.exit("FAIL: all of one kind: nothing is shown")
END
refused 'the core is cut short, or leaves memory out' files.core

# Segments over each other, each an image with as many notes as are looked at.
/usr/bin/python3 - <<'END'
import struct

def header(kind, count):
    return struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", kind, 62, 1, 0, 64, 0, 0, 64, 56, count, 0, 0, 0)

segments, size = 60000, 65536
image = header(3, 128) + 128 * struct.pack("<IIQQQQQQ", 4, 4, 0, 8192, 0, size - 8192, 0, 4)
with open("many.core", "wb") as file:
    file.write(header(4, segments))
    for i in range(segments):
        file.write(struct.pack("<IIQQQQQQ", 1, 4, 64 + 56 * segments, size * (i + 1), 0, size, size, 1))
    file.write(image.ljust(size, b"\0"))
END
refused 'damaged, or made to be read for ever' many.core
