# vim in a terminal (tmux): commands typed, undo, a filter, windows, saved.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/apps/lib.sh"
need vim tmux

terminal() { tmux -S "$tmp/socket" -f /dev/null "$@"; }
at_end() { terminal kill-server 2>/dev/null; }

# edit NAME COMMAND …: the files it leaves are in $tmp/NAME.
edit() {
    local name=$1
    shift
    rm -rf "$tmp/place" && mkdir "$tmp/place"
    seq 1 300 >"$tmp/place/text"
    terminal new-session -d -x 80 -y 24 "cd $tmp/place && $* vim -Nu NONE -n text; echo \$? >$tmp/$name.status" ||
        fail "tmux"
    wait_for 20 sh -c "tmux -S '$tmp/socket' capture-pane -p | grep -q '^20 *$'" || fail "$name: vim shows nothing"
    terminal send-keys ":1,100g/./normal A x" Enter ":%s/5/five/g" Enter ":g/7/m0" Enter "Gdd" "u"
    terminal send-keys ":silent 2,50!sort -r" Enter ":split" Enter ":only" Enter
    terminal send-keys ":redir! > $tmp/place/messages" Enter ":pwd" Enter ":redir END" Enter ":w! copy" Enter ":wqa!" Enter
    wait_for 20 test -s "$tmp/$name.status" || { terminal capture-pane -p >&2; fail "$name: vim does not end"; }
    rm -rf "${tmp:?}/$name" && mv "$tmp/place" "$tmp/$name"
}
edit plain
expect_equal "300 100" "$(wc -l <"$tmp/plain/copy") $(grep -c ' x$' "$tmp/plain/copy")" \
    "what vim saved"
for mode in default everything; do
    rm -rf "$tmp"/dir/* "$memory"/recording "$tmp/under.status"
    edit under env "LD_PRELOAD=$MTALLOC_SO" "MTALLOC_OPTIONS=$(options_of $mode)"
    diff -r "$tmp/plain" "$tmp/under" >&2 || fail "$mode: other files"
    expect_equal "$(cat "$tmp/plain.status")" "$(cat "$tmp/under.status")" "$mode: status"
    counted "vim, $mode" 'vim.*' 2000
done
