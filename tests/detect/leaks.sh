# Leaks: option leaks=sites|blocks|reachable and mtalloc_leaks(). Every bug has a twin that
# shows nothing.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"
cd "$tmp"
linked=("-L$builddir" -l:libmtalloc.so "-Wl,-rpath,$builddir:$tmp")

# run OPTIONS PROGRAM [ARGUMENT …]: into out and err; it has to end well.
run() {
    timeout 600 env LD_PRELOAD="$MTALLOC_SO" MTALLOC_OPTIONS="$1" "./$2" "${@:3}" >out 2>err ||
        { cat err >&2; fail "$*: status $?"; }
}
# first_lines: of what was logged, without IDs, ages and signatures.
first_lines() {
    sed -n 's/ sig=[0-9a-f]\{16\}$//; s/ oldest_s=[1-9][0-9]*$//; s/ id=[1-9][0-9]*//; /^mtalloc/p' err
}
warning="mtalloc: WARNING:"

# Ways to allocate.
if command -v "${CXX%% *}" >/dev/null; then
    program detect/leaks/ways.cc
    for way in malloc calloc realloc grown memalign new array strdup; do
        run leaks=sites ways $way bug
        expect_equal "$warning leak kind=live blocks=7 bytes=700" "$(first_lines | head -1)" "$way"
        expect_match 'ways\+0x' err "$way: stack"
        expect_match '^  module ways [0-9a-f]+$' err "$way: build ID"
        run leaks=reachable ways $way bug
        expect_equal "$warning leak kind=lost blocks=7 bytes=700" "$(first_lines | head -1)" "$way"
        expect_match " lost=7 lost_bytes=700 indirect=0 " err "$way: sum"
        for options in leaks=sites leaks=blocks leaks=reachable preset=test preset=test,leaks=reachable; do
            run $options ways $way correct
            expect_equal "" "$(cat err)" "$way, correct, $options"
        done
    done
    # Single blocks, the largest first and of those the oldest; off by default.
    run leaks=blocks ways malloc bug
    expect_equal 7 "$(first_lines | grep -c "^$warning leaked block kind=live bytes=100$")" "blocks"
    expect_equal "2 3 4 5 6 7 8" "$(sed -n 's/.*leaked block.* id=\([0-9]*\) .*/\1/p' err | grep -v '^1$' | xargs)" "IDs"
    run "" ways malloc bug
    expect_equal "" "$(cat err)" "leaks=off"
    run preset=test ways malloc bug
    expect_equal "$warning leak kind=live blocks=7 bytes=700" "$(first_lines | head -1)" "preset=test"
    run leaks=sites,stack=off ways malloc bug
    expect_match "kind=live blocks=8 " err "stack=off"
    run leaks=reachable,quarantine=all,fill=junk ways malloc bug
    expect_match " lost=7 lost_bytes=700 indirect=0 .* reachable=1 " err "with quarantine"
    run leaks=reachable,exit_budget_ms=0 ways malloc bug
    expect_match " lost=0 .* possible=[0-9]+ .* because=late$" err "no time"
fi

# Places that lead to a list of three.
$CC -g -shared -fPIC -o libtls.so "$srcdir/tests/detect/leaks/tls_library.c" || fail "library"
program detect/leaks/places.c -DLIBRARY -L"$tmp" -l:libtls.so "${linked[@]}"
for place in global bss data tls mapping protected block interior end freed key stack thread_tls dynamic_tls; do
    run "" places $place lost
    expect_equal 3 "$(cat out)" "$place, lost"
    expect_match " lost=1 lost_bytes=[0-9]+ indirect=2 " err "$place, lost"
    run "" places $place held
    expect_equal "0 " "$(cat out) $(cat err)" "$place, held"
done

# In a static program the library's data are among the program's.
if $CC -static -o static_c -x c - <<<'int main(void) { return 0; }' 2>/dev/null; then
    for name in places shapes; do
        program detect/leaks/$name.c -static -Wl,--eh-frame-hdr "$builddir/libmtalloc.a"
    done
    run "" places global lost
    expect_equal 3 "$(cat out)" "static, lost"
    run "" places global held
    expect_equal "0 " "$(cat out) $(cat err)" "static, held"
    run "" shapes list lost
    expect_equal 1000000 "$(cat out)" "static list, lost"
fi

# Structures: depth, width and rings. Each lost one has one head.
program detect/leaks/shapes.c "${linked[@]}"
while read -r shape blocks; do
    run "" shapes $shape lost
    expect_equal "$blocks" "$(cat out)" "$shape, lost"
    expect_match " lost=1 lost_bytes=[0-9]+ indirect=$((blocks - 1)) " err "$shape, lost"
    run "" shapes $shape held
    expect_equal "0 " "$(cat out) $(cat err)" "$shape, held"
done <<'TABLE'
list 1000000
ring 1000
one 1
wheel 300001
tree 9841
TABLE
run "" shapes knot lost
expect_equal 1001 "$(cat out)" "knot"

# What a thread holds while it runs: in a register, on stacks of several kinds. Nothing is
# called lost while one blocks the signal; it is named.
program detect/leaks/moments.c "${linked[@]}"
for moment in register vector block_stack mapped_stack handler plain; do
    case $(uname -m) in x86_64) ;; *) [[ $moment != @(register|vector) ]] || continue ;; esac
    run "" moments $moment
    expect_equal "0 2 0" "$(cat out)" "$moment"
done
run "" moments blocked
expect_equal "0 0 0" "$(cat out)" "a thread that blocks the signal"
expect_match "^$warning leaks: thread [0-9]+ blocks the signal " err "the thread is named"
expect_match " lost=0 .* possible=2 possible_bytes=64 .* because=threads$" err "possible"

# A page in a block that cannot be read is passed over.
program detect/leaks/unreadable.c "${linked[@]}"
for size in 32768 1048576; do
    run "" unreadable $size
    expect_equal 0 "$(cat out)" "a block of $size bytes with a page that cannot be read"
done

# Kept on purpose.
program detect/leaks/keep.c "${linked[@]}"
run "" keep bug
expect_equal "0 0 -22 2 2 4096" "$(cat out)" "keep, bug"
run "" keep correct
expect_equal "0 0 -22 0 1 4095" "$(cat out)" "keep, correct"

# Ages are at most: no less than the truth, no more than the program's time.
program detect/leaks/ages.c "${linked[@]}"
run leaks=sites ages
read -r old young all <out
read -r old_found young_found <<<"$(sed -n 's/.* blocks=1 bytes=\(7000\|900\) oldest_s=\([0-9]*\) .*/\1 \2/p' err | sort -rn | cut -d' ' -f2 | xargs)"
[ "$old_found" -ge "$old" ] && [ "$old_found" -le $((all + 1)) ] || fail "age $old_found, not $old"
[ "$young_found" -ge "$young" ] && [ "$young_found" -lt "$old_found" ] || fail "age $young_found, not $young"

# A forked child looks for itself.
program detect/leaks/forked.c "${linked[@]}"
for options in "" "recorder=$memory/recording"; do
    run "$options" forked
    expect_equal "0 1 1" "$(cat out)" "in a child and its parent, $options"
done

# A child forked during a look has its signals as they were.
program detect/leaks/fork_meanwhile.c "${linked[@]}"
for options in "" "recorder=$memory/recording"; do
    run "$options" fork_meanwhile
    expect_match '^0 lost, [1-9][0-9]* children, 0 with a handler$' out "children, $options"
done

# What the program gave the library to hand back.
program detect/leaks/contexts.c "${linked[@]}"
for context in log limit; do
    run "" contexts $context
    expect_equal "0 1" "$(cat out)" "the context of a $context, held and given up"
done

# What is mapped counts against the time, too.
program detect/leaks/large_root.c
run leaks=reachable,exit_budget_ms=5 large_root
expect_match " lost=0 .* possible=[0-9]+ .* because=late$" err "too much to look at"
run leaks=reachable large_root
expect_match " lost=1 lost_bytes=1000 " err "enough time"

# Looks while five threads change the heap and others come and go. LEAK_LOOKS=3000 for more.
program detect/leaks/busy.c "${linked[@]}"
for options in "" quarantine=all,max_quarantine=1M fill=junk; do
    run "$options" busy "${LEAK_LOOKS:-200}"
    expect_match '^0 lost, (1[0-9]|20) found$' out "threads, $options"
done
