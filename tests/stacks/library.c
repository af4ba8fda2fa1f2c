/* The shared library of calltree.c: allocates, and calls back into the program. */
#include "stacks/truth.h"
#include <stdlib.h>

void library_work(int rounds, void (*callback)(int));

static NOINLINE void library_inner(int size) {
    ENTER;
    ALLOC((size_t)size);
    LEAVE;
}

void library_work(int rounds, void (*callback)(int)) {
    ENTER;
    for (int i = 0; i < rounds; i++) {
        ALLOC(70);
        library_inner(i + 1);
        callback(i);
    }
    LEAVE;
}
