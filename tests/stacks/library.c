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

/* Chosen at the first call: under lazy binding by the loader, on the caller's stack. */
static int twice(int value) {
    return value * 2;
}
#ifndef LINKED_STATICALLY
__attribute__((used)) static NOINLINE int (*pick(void))(int) {
    if (truth_now) { /* bound at start, nobody has begun */
        truth_push(LOADER);
        truth_push("library_picked"); /* has this function's address as its own */
        ALLOC(51);
        LEAVE;
        truth_pop();
    }
    return twice;
}
int library_picked(int value) __attribute__((ifunc("pick")));
#else /* there it would be chosen before thread-local variables exist */
int library_picked(int value);
int library_picked(int value) {
    return twice(value);
}
#endif
