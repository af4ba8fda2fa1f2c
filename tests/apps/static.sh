# Programs linked statically with libmtalloc.a: every symbol of libc's malloc.o is ours, the
# linker has nothing to warn of, and stacks are whole.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/apps/lib.sh"
echo 'int main(void) { return 0; }' >"$tmp/none.c"
$CC -static -o "$tmp/none" "$tmp/none.c" 2>/dev/null || skip "no static C library"

# linked NAME.c|.cc FLAG …: into $tmp/NAME, and runs it with a summary.
linked() {
    local name=${1%.*}
    program "apps/$1" "${@:2}" "$builddir/libmtalloc.a" -Wl,--fatal-warnings -Wl,-Map="$tmp/map"
    ! grep -qF '(malloc.o)' "$tmp/map" || fail "$*: libc's malloc.o is linked in"
    rm -rf "$tmp"/dir/*
    MTALLOC_OPTIONS=$(options_of default) expect_status 0 timeout 60 "$tmp/$name"
    counted "$*" "$name" 1
    summary_file=$(find "$tmp/dir" -name "$name.*" | sort | head -n 1)
}

whole='^[0-9 ]* _start;__libc_start_main;__libc_start_call_main;main$'
for how in "-static -Wl,--eh-frame-hdr" -static-pie; do
    # shellcheck disable=SC2086 # two words
    linked static_all.c $how
    expect_equal "1 1 7 1 9" "$(xargs <"$tmp/out")" "static_all $how"
    expect_match '^<malloc' "$tmp/err" "malloc_info"
    expect_match 'jemalloc statistics' "$tmp/err" "malloc_stats"
    summary stacks "$summary_file" "$tmp/static_all" >"$tmp/stacks"
    expect_match "$whole" "$tmp/stacks" "stacks $how"
    expect_match ';start_thread;thread$' "$tmp/stacks" "a thread's stack $how"
    # Those from before the loader's part of libc is ready.
    [ "$(summary get "$summary_file" total.truncated)" -le 10 ] || fail "truncated stacks $how"
done

# Without the table: the immediate caller, under a name that says so.
linked static_little.c -static
expect_equal 1 "$(cat "$tmp/out")" "static_little"
summary stacks "$summary_file" "$tmp/static_little" | grep -q '^1 100 0 0 \[truncated\];main$' ||
    fail "the stack without unwind tables: $(summary stacks "$summary_file" "$tmp/static_little")"

# Options and `off` are found where a static program keeps them.
MTALLOC_OPTIONS=off,exit=summary,dir=$tmp/tmpdir expect_status 0 "$tmp/static_little"
[ -z "$(ls "$tmp/tmpdir")" ] || fail "off: a summary"

command -v "${CXX%% *}" >/dev/null || exit 0
linked own_new.cc -static
linked templates.cc -static

# A static program cannot load what seals: it writes nothing then, and says so.
rm -rf "$tmp"/dir/*
key=$(printf '%064d' 9)
MTALLOC_OPTIONS=recipient=$key,exit=summary,dir=$tmp/dir "$tmp/static_little" >/dev/null 2>"$tmp/err"
expect_match 'sealing-impossible reason=.*cannot be loaded' "$tmp/err" "a recipient, static"
expect_equal 0 "$(find "$tmp/dir" -type f | wc -l)" "files of a static program with a recipient"
