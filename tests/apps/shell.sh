# bash with a thousand short children: no litter, and the library's start-up survives forks
# at every moment.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/apps/lib.sh"

cat >"$tmp/work.sh" <<'END_SH'
sum=0
declare -A seen
for i in {1..250}; do
    one=$(/bin/echo $((i * 3)))
    two=$(echo "$one" | tr 0-9 a-j)
    seen[$two]=$i
    sum=$((sum + one))
done
echo "$sum ${#seen[@]}"
for i in {1..20}; do (exit $i) & done
wait
trap 'echo trapped' USR2
kill -USR2 $$
cat <<<"$(printf '%s\n' "${!seen[@]}" | sort | head -n 3)"
exit 11
END_SH
same bash 'bash|dash' 5000 bash "$tmp/work.sh"
expect_at_least 1000 "$(find "$tmp/dir" -name '*.mtalloc' | wc -l)" "summaries"
