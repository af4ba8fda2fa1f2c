/*
 * Aligned blocks: posix_memalign and aligned_alloc of alignments 16 to 4096 among ordinary
 * ones, replaced in mixed order. Prints a checksum of what they held; a block that is not
 * aligned as asked ends it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 4096, ROUNDS = 8000000 };

static uint32_t random_state = 4711;

static uint32_t random_below(uint32_t bound) {
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % bound;
}

/* Small alignments are the frequent ones, as in programs: 16 half of the time, then 32, …
 */
static size_t some_alignment(void) {
    size_t alignment = 16;
    while (alignment < 4096 && random_below(2))
        alignment *= 2;
    return alignment;
}

static __attribute__((noinline)) void *by_posix(size_t alignment, size_t size) {
    void *block;
    return posix_memalign(&block, alignment, size) == 0 ? block : NULL;
}

static __attribute__((noinline)) void *by_c11(size_t alignment, size_t size) {
    return aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

static __attribute__((noinline)) unsigned char *make(uint32_t value) {
    size_t size = 16 + random_below(512), alignment = some_alignment();
    unsigned char *block;
    switch (random_below(4)) {
    case 0:
        alignment = 16;
        block = malloc(size);
        break;
    case 1:
        block = by_c11(alignment, size);
        break;
    default:
        block = by_posix(alignment, size);
    }
    if (!block || (uintptr_t)block % alignment != 0)
        abort();
    memcpy(block, &value, sizeof value);
    return block;
}

int main(void) {
    static unsigned char *slot[SLOTS];
    uint64_t sum = 0;
    for (uint32_t i = 0; i < ROUNDS + SLOTS; i++) {
        unsigned char **place = &slot[i < ROUNDS ? random_below(SLOTS) : i - ROUNDS];
        uint32_t value = 0;
        if (*place)
            memcpy(&value, *place, sizeof value);
        sum = sum * 31 + value;
        free(*place);
        *place = i < ROUNDS ? make(i) : NULL;
    }
    printf("%llu\n", (unsigned long long)sum);
    return 0;
}
