# node: the script's heap is V8's own; buffers, parser, threads and libuv come to malloc.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/apps/lib.sh"
need node

cat >"$tmp/work.js" <<'END_JS'
const { Worker, isMainThread, parentPort, workerData } = require("worker_threads");
const zlib = require("zlib"), crypto = require("crypto"), fs = require("fs");
if (!isMainThread) {
    const text = JSON.stringify(Array.from({ length: 3000 }, (_, i) => ({ i, v: "x".repeat(i % 50) })));
    const packed = zlib.gzipSync(text);
    parentPort.postMessage([workerData, zlib.gunzipSync(packed).toString() === text,
        crypto.createHash("sha256").update(text).digest("hex")]);
} else {
    const answers = [];
    for (let n = 0; n < 4; n++)
        new Worker(__filename, { workerData: n }).on("message", (m) => {
            answers.push(m.join(" "));
            if (answers.length < 4) return;
            console.log(answers.sort().join("\n"));
            const buffers = Array.from({ length: 500 }, (_, i) => Buffer.alloc(20000, i));
            console.log(Buffer.concat(buffers).length, fs.readFileSync(__filename).length);
            console.log(require("child_process").execSync("echo from a child").toString());
            process.exitCode = 8;
        });
}
END_JS
still='' apart=100 # its threads are not joined
same node node 20000 node "$tmp/work.js"
