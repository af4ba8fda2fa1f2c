# What has no place in the tree: unfinished business, places of one machine, addresses that
# a build could fetch from.
. "$srcdir/tests/lib.sh"
. "$srcdir/tests/lint/files.sh"

# Brackets keep the patterns from finding themselves.
words='\b(TOD[O]|FIXM[E]|XX[X])\b|/wor[k]/|/home/[a-z]|/roo[t]/|'
words+='(pypi|pythonhosted|npmjs|crates|rubygems|golang)\.(or[g]|co[m]|io)\b'

for planted in 'x = 1; // TOD''O' 'cd /wor''k/main' 'https://pypi.or''g/simple'; do
    grep -qE "$words" <<<"$planted" || fail "the pattern misses: $planted"
done

cd "$srcdir"
our_files '*' >"$tmp/list"
expect_at_least 100 "$(wc -l <"$tmp/list")" "files looked at"
xargs grep -InE "$words" <"$tmp/list" >"$tmp/wrong" || true
# Tests plant secrets and look for home directories on purpose: such a line says so.
grep -v 'lint: planted' "$tmp/wrong" >"$tmp/left" || true
[ ! -s "$tmp/left" ] || fail "words that have no place here:
$(cat "$tmp/left")"
