/* The model of tests/detect/options/fuzz.c: what every block must hold, and be. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum family { FREE, NEW, ARRAY };

struct block {
    unsigned char *at;
    size_t size, alignment; /* alignment 0: of a function that takes none */
    enum family family;
    unsigned char seed;
};

struct counts {
    uint64_t allocs, bytes, frees;
};

static void fail(const char *what) {
    fprintf(stderr, "fuzz: %s\n", what);
    abort();
}

static inline uint64_t draw(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    return *state ^= *state << 17;
}

static inline unsigned char byte_of(const struct block *block, size_t index) {
    return (unsigned char)(block->seed + index * 7 + (index >> 8));
}

/* Large blocks at their ends and at every page. */
static inline size_t next_index(const struct block *block, size_t index) {
    return index < 256 || index + 256 >= block->size ? index + 1
           : index + 4096 + 256 < block->size        ? index + 4096
                                                     : block->size - 255;
}

static inline void fill(struct block *block) {
    for (size_t i = 0; i < block->size; i = next_index(block, i))
        block->at[i] = byte_of(block, i);
}

static inline void verify(const struct block *block) {
    if ((uintptr_t)block->at % (block->alignment > 16 ? block->alignment : 16))
        fail("alignment");
    for (size_t i = 0; i < block->size; i = next_index(block, i))
        if (block->at[i] != byte_of(block, i))
            fail("contents");
}

#endif
