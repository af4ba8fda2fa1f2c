# The JSON Schema and docs/FORMAT.md say what summaries hold, no more and no less: every
# summary is held against the schema, damaged ones fail, and the two documents name the
# same fields.
. "$srcdir/tests/lib.sh"
need python3 jq
python=/usr/bin/python3
"$python" -c 'import jsonschema' 2>/dev/null || skip "python3-jsonschema is not installed"

schema=$srcdir/docs/summary.schema.json
golden=$srcdir/tests/schema/two_sites.mtalloc
validate() {
    "$python" "$srcdir/tests/schema/validate.py" "$schema" "$@"
}

validate "$golden" || fail "the golden summary"

# Every way of asking for one, with every reason.
mkdir -m 700 "$tmp/dumps"
preload "exit=summary,dir=$tmp/dumps" "$python" -c '
import os, signal
blocks = [str(i) * 100 for i in range(1000)]
os.kill(os.getpid(), signal.SIGUSR1)
' || fail "python3 under the library"
expect_equal 2 "$(find "$tmp/dumps" -name '*.mtalloc' | wc -l)" "summaries of python3"
preload "stack=off,exit=summary,dir=$tmp/dumps" ls / >/dev/null
preload "stack=caller,exit=summary,dir=$tmp/dumps,frames=9999,log=none" ls / >/dev/null
"$MTALLOC_CMD" run -o "$tmp/dumps/recording.mtalloc" -- ls / >/dev/null 2>"$tmp/err" ||
    fail "mtalloc run: $(cat "$tmp/err")"
preload "privacy=strict,max_sites=3,exit=summary,dir=$tmp/dumps" ls / >/dev/null
for mode in sites blocks reachable; do
    preload "leaks=$mode,log=none,exit=summary,dir=$tmp/dumps" ls / >/dev/null
    grep -q "\"type\":\"leaks\",\"mode\":\"$mode\",\"because\":\"none\"" "$tmp"/dumps/*.mtalloc ||
        fail "no summary of leaks=$mode"
done
for type in leak block; do
    grep -q "^{\"type\":\"$type\"," "$tmp"/dumps/*.mtalloc || fail "no record $type"
done
for file in "$tmp"/dumps/*.mtalloc; do
    validate "$file" || fail "$(basename "$file")"
    "$python" "$srcdir/tests/summary.py" check --still "$file" || fail "$(basename "$file")"
done
for reason in signal exit recording; do
    grep -q "\"reason\":\"$reason\"" "$tmp"/dumps/*.mtalloc || fail "no $reason summary"
done

# damaged WHAT SED-COMMAND: the schema must not pass it.
damaged() {
    sed -E "$2" "$golden" >"$tmp/damaged"
    ! cmp -s "$golden" "$tmp/damaged" || fail "nothing is damaged: $1"
    ! validate "$tmp/damaged" >"$tmp/out" || fail "the schema passes $1"
}
damaged 'a field less' 's/,"arch":"x86_64"//'
damaged 'a field more' '/"site"/s/,"frame":/,"path":"","frame":/'
damaged 'an unknown type' '/"thread"/s/thread/fiber/'
damaged 'a path for a name' 's/libkeep/\/usr\/lib\/libkeep/'
damaged 'a negative count' 's/"frees":0/"frees":-1/'
damaged 'a fraction' 's/"allocs":14/"allocs":14.5/'
damaged 'a count as text' 's/"allocs":14/"allocs":"14"/'
damaged 'a short signature' 's/"sig":"0/"sig":"/'
damaged 'an odd build ID' 's/00112233/0112233/'
damaged 'another format' 's/mtalloc-summary/mtalloc-summaries/'
damaged 'a newer version' 's/"version":1/"version":2/'
damaged 'an unknown event' 's/double-free/triple-free/'
damaged 'a thread named after somebody' '/"thread"/s/"thread":1/"thread":1,"name":"Mr. Smith"/'
damaged 'a state more' '/"state":"exited"/s/exited/gone/'
damaged 'half a line' '$s/.$//'

# FORMAT.md names every field of the schema, and every event, reason and state.
jq -r '.["$defs"] | to_entries[] | select(.value.properties) | .value.properties |
       to_entries[] | .key, (.value | objects | .enum // [])[]' "$schema" | sort -u >"$tmp/names"
expect_at_least 60 "$(wc -l <"$tmp/names")" "names in the schema"
while read -r name; do
    grep -qF "\`$name\`" "$srcdir/docs/FORMAT.md" ||
        [ "$name" = type ] || fail "docs/FORMAT.md does not name $name"
done <"$tmp/names"

# And the table of event kinds is the schema's.
{ sed -nE 's/^EVENT\(.*"(.*)"\)$/\1/p' "$srcdir/track/events.def"; echo sites-omitted; echo sites-summed; } |
    sort >"$tmp/kinds"
jq -r '.["$defs"].event.properties.kind.enum[]' "$schema" | sort >"$tmp/schema_kinds"
cmp "$tmp/kinds" "$tmp/schema_kinds" || fail "kinds of events differ"
