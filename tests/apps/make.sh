# make -j2 over many small files, and cmake if it is there.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/apps/lib.sh"
need make gcc

mkdir "$tmp/source"
for i in $(seq 12); do
    echo "int f$i(int x) { return x * $i; }" >"$tmp/source/f$i.c"
done
{
    for i in $(seq 12); do echo "int f$i(int);"; done
    echo 'int main(void) { return f3(1) + f12(1); }'
} >"$tmp/source/main.c"
cat >"$tmp/source/Makefile" <<'END_MAKE'
objects = $(patsubst $(S)/%.c,%.o,$(wildcard $(S)/*.c))
whole: $(objects)
	gcc -o $@ $^
	./whole; test $$? -eq 15
%.o: $(S)/%.c
	@gcc -c -o $@ $<
END_MAKE
same make make 500 make -j2 -Otarget -f "$tmp/source/Makefile" S="$tmp/source"
grep -q gcc "$tmp/under.out" || fail "make did nothing"

command -v cmake >/dev/null || { echo "cmake is not installed: left out"; exit 0; }
cat >"$tmp/source/CMakeLists.txt" <<'END_CMAKE'
cmake_minimum_required(VERSION 3.13)
project(whole C)
file(GLOB sources *.c)
add_executable(whole ${sources})
END_CMAKE
also_written=(-name '*.log' -o -name '*.yaml' -o -name '*.bin')
same cmake cmake 20000 cmake -Wno-dev "$tmp/source"
