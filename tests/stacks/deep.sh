# Stacks deeper than `frames` lose outer frames in blocks of 32, under [cut]; what a stack
# is recorded as depends on the stack alone.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"

program stacks/deep.c
depths="500 70 1 40 64 95 96 130 60 61 62 63 92 93 94 500 97 70 128 161 5"

for frames in 64 16 100; do
    profile_options=frames=$frames
    for order in leaf way; do
        # shellcheck disable=SC2086 # a list
        for list in "$depths" "$(tr ' ' '\n' <<<"$depths" | tac | tr '\n' ' ')"; do
            profile deep $order $list
            /usr/bin/python3 "$srcdir/tests/stacks/deep.py" "$summary_file" "$tmp/deep" \
                $frames $order $list || fail "frames=$frames $order $list"
        done
    done
done
