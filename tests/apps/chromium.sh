# Chromium, headless, on a local page. It brings its own allocator (PartitionAlloc, as malloc
# inside the executable): it has to run all the same, and a report has to say why it is empty.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/apps/lib.sh"
need chromium

cat >"$tmp/page.html" <<'END_HTML'
<html><body><p id=a></p><script>
document.getElementById("a").textContent = "squares " + [1, 2, 3].map(x => x * x).join(" ");
</script></body></html>
END_HTML
# dom COMMAND …: what the page becomes, by a chromium run through COMMAND.
dom() {
    timeout 100 "$@" chromium --headless --no-sandbox --disable-gpu --user-data-dir="$HOME/profile" \
        --dump-dom "file://$tmp/page.html" 2>"$tmp/err"
    rm -rf "$HOME/profile"
}
dom env >"$tmp/plain"
grep -q 'squares 1 4 9' "$tmp/plain" || skip "chromium does not run here: $(tail -n 1 "$tmp/err")"
for mode in default everything; do
    rm -rf "$tmp"/dir/* "$memory/recording"
    dom env LD_PRELOAD="$MTALLOC_SO" MTALLOC_OPTIONS="$(options_of $mode)" >"$tmp/under"
    diff "$tmp/plain" "$tmp/under" >&2 || fail "$mode: another page"
    expect_no_match 'mtalloc: ' "$tmp/err" "$mode: a report"
    rm -rf "$tmp"/tmpdir/*
    still=
    counted "chromium, $mode" 'chrom.*' 0
done
"$MTALLOC_CMD" report "$(find "$tmp/dir" -name 'chromium.*' | head -n 1)" >"$tmp/report" ||
    fail "no report"
expect_match 'brings its own allocator' "$tmp/report" "an empty report"
