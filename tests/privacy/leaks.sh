# The secrets campaign is not blind: a library that leaks on purpose through one channel is
# found out by the search of that channel's artefacts, each.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/programs.sh"
leaky=$builddir/tests/privacy/libmtalloc-leaks.so
[ -e "$leaky" ] || skip "build it with: make $leaky"
MTALLOC_SO=$leaky
. "$srcdir/tests/privacy/lib.sh"

# found CHANNEL NAME PATTERN: in an artefact of that name, and in no other kind.
found() {
    ! search "$2" >"$tmp/found" || fail "a leak by $1 is not found in the artefacts of $2"
    expect_match "$3" "$tmp/found" "the leak by $1"
    expect_no_match '^Traceback|Error' "$tmp/found" "the search"
}

# Without a leak it is as clean as the library.
LEAK='' place signal ""
collect signal 1
search signal || fail "the copy of the library leaks unasked"
rm "$tmp/artefacts"/*

for level in standard strict; do
    LEAK=summary place signal "privacy=$level"
    collect signal 1
    found summary signal "signal\\.1\\.[^ ]*\\.mtalloc holds a piece of $environment_value"
    rm "$tmp/artefacts"/*
done
LEAK=file-name place api ""
collect api 1
found file-name api "api\\.1\\.$directory.* holds a piece of $directory"
rm "$tmp/artefacts"/*

LEAK=log place none ""
collect none 0
found log none "none\\.log holds a piece of $environment_value"
rm "$tmp/artefacts"/*

# The bytes behind a block, in hexadecimal.
behind=$(sed -n 23p "$tmp/words")
LEAK=report place overflow "on_error=report,quarantine=all,fill=junk"
collect overflow 0
found report overflow "overflow\\.log holds a piece of $behind"
rm "$tmp/artefacts"/*

LEAK=region place recording "max_metadata=4M,recorder=$tmp/artefacts/recording.raw"
"$m" dump --from "$tmp/artefacts/recording.raw" -o "$tmp/artefacts/recording.0.mtalloc"
collect recording 0
for artefact in raw 0.mtalloc 0.mtalloc.report; do
    found region recording "recording\\.$artefact holds a piece of $environment_value"
done
expect_no_match 'mtalloc\.strict holds' "$tmp/found" "what mtalloc sanitize leaves out"
rm "$tmp/artefacts"/*

# A command that says more than the summary has.
printf '%s\n' '#!/bin/sh' "\"$MTALLOC_CMD\" \"\$@\"" "[ \"\$1\" != report ] || echo $home" >"$tmp/command"
chmod +x "$tmp/command"
m=$tmp/command
LEAK='' place api ""
collect api 1
found command api "mtalloc\\.report holds a piece of $home"
