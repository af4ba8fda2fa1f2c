/*
 * A random walk up and down among functions that call each other: thousands of stacks that
 * share pieces, many with equal return addresses at equal places of the stack and another
 * caller further out.
 */
#include "stacks/truth.h"
#include <stdint.h>
#include <stdlib.h>

#define DEEPEST 45

static uint64_t state = 88172645463325252u;
static unsigned next(unsigned below) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return (unsigned)((state >> 33) % below);
}

static long budget = 60000;
static void (*const volatile step[6])(int);

#define WALKER(name, space_bytes, size)                                                    \
    static NOINLINE void name(int depth) {                                                 \
        volatile char space[space_bytes];                                                  \
        ENTER;                                                                             \
        space[0] = space[space_bytes - 1] = 1;                                             \
        while (budget-- > 0 && next(4)) {                                                  \
            if (next(3) == 0)                                                              \
                ALLOC(size);                                                               \
            else if (depth < DEEPEST)                                                      \
                step[next(6)](depth + 1);                                                  \
        }                                                                                  \
        LEAVE;                                                                             \
    }

WALKER(ant, 8, 20)
WALKER(bee, 8, 30)
WALKER(cat, 8, 40)
WALKER(dog, 100, 50)
WALKER(elk, 100, 60)
WALKER(fox, 1000, 70)

static void (*const volatile step[6])(int) = {ant, bee, cat, dog, elk, fox};

int main(void) {
    truth_begin(FROM_START);
    ENTER;
    while (budget > 0) {
        step[next(6)](0);
        if (next(50) == 0)
            truth_free_every_third();
    }
    LEAVE;
    truth_print();
    return 0;
}
