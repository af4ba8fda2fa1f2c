# A Rust program: threads, collections, a panic that unwinds.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/apps/lib.sh"
HOME=$(getent passwd "$(id -u)" | cut -d: -f6) command -v rustc >/dev/null || skip "rustc is not installed"

cat >"$tmp/work.rs" <<'END_RUST'
use std::collections::{BTreeMap, HashMap};
use std::thread;
fn work(n: usize) -> usize {
    let mut map: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for i in 0..3000 {
        map.entry(format!("key {}", i * n % 101)).or_default().push(i);
    }
    let hashed: HashMap<usize, String> = (0..500).map(|i| (i, "x".repeat(i))).collect();
    map.values().map(|v| v.len()).sum::<usize>() + hashed.values().map(|s| s.len()).sum::<usize>()
}
fn main() {
    std::panic::set_hook(Box::new(|_| {}));
    let threads: Vec<_> = (1..9).map(|n| thread::spawn(move || work(n))).collect();
    println!("{:?}", threads.into_iter().map(|t| t.join().unwrap()).collect::<Vec<_>>());
    let caught = std::panic::catch_unwind(|| { let v: Vec<i32> = Vec::with_capacity(10); v[3] });
    println!("{}", caught.is_err());
    std::process::exit(4);
}
END_RUST
HOME=$(getent passwd "$(id -u)" | cut -d: -f6) rustc -O -o "$tmp/work" "$tmp/work.rs" || fail "rustc"
same rust work 20000 "$tmp/work"
