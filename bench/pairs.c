/*
 * pairs same|new3 DEPTH COUNT: COUNT pairs of malloc(24) and free under DEPTH frames, for
 * counting instructions. `same`: always from the same stack. `new3`: two callers take
 * turns, so that each stack differs from the last one in its three innermost frames.
 *
 * DEPTH counts all frames, the C library's three below main included.
 */
#include <stdlib.h>
#include <string.h>

#define FRAME static __attribute__((noinline))
/* After a call: keeps it from being a tail call, and the block from being optimised away.
 */
#define KEEP(pointer) __asm__ volatile("" : "+r"(pointer) : : "memory")

FRAME void *left_inner(void) {
    void *block = malloc(24);
    KEEP(block);
    return block;
}

FRAME void *left(void) {
    void *block = left_inner();
    KEEP(block);
    return block;
}

FRAME void *right_inner(void) {
    void *block = malloc(24);
    KEEP(block);
    return block;
}

FRAME void *right(void) {
    void *block = right_inner();
    KEEP(block);
    return block;
}

FRAME void take_turns(unsigned long count) {
    for (unsigned long i = 0; i < count; i += 2) {
        free(left());
        free(right());
    }
}

FRAME void same(unsigned long count) {
    for (unsigned long i = 0; i < count; i++) {
        void *block = malloc(24);
        KEEP(block);
        free(block);
    }
}

FRAME void descend(unsigned levels, void (*leaf)(unsigned long), unsigned long count) {
    if (levels)
        descend(levels - 1, leaf, count);
    else
        leaf(count);
    KEEP(levels);
}

int main(int argc, char **argv) {
    if (argc != 4)
        return 2;
    unsigned long depth = strtoul(argv[2], NULL, 10), count = strtoul(argv[3], NULL, 10);
    /* below the first descend(): three of the C library, main; above: the leaf's */
    unsigned long others = strcmp(argv[1], "same") == 0 ? 4 + 1 + 1 : 4 + 3 + 1;
    if (depth < others)
        return 2;
    /* The pairs reuse one block: not the first of its page, since jemalloc's sized free
     * takes its slow path for what is page-aligned. */
    for (int i = 0; i < 5; i++) {
        void *held = malloc(24);
        KEEP(held);
    }
    descend((unsigned)(depth - others), others == 6 ? same : take_turns, count);
    return 0;
}
