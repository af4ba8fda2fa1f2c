# g++ and clang on a template-heavy file: the same object files, the same complaints.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/apps/lib.sh"
need g++ clang

source=$srcdir/tests/apps/templates.cc
same g++ cc1plus 100000 g++ -std=c++17 -O0 -c "$source" -o templates.o
same clang 'clang.*' 100000 clang++ -std=c++17 -O0 -c "$source" -o templates.o
same "clang on an error" 'clang.*' 2000 clang++ -std=c++98 -fsyntax-only "$source"
same "the linker" '.*ld([.].*)?' 500 gcc -o three "$srcdir/tests/stacks/truth.c" -D_GNU_SOURCE -I"$srcdir/tests" -ldl
