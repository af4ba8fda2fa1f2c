/*
 * Blocks of 256 KiB to 64 MiB: taken and let go in mixed order, and grown by realloc. One
 * byte a page is written in blocks up to 1 MiB and every 64th page beyond, so that the time
 * is the allocator's and not the kernel's. Prints a checksum of what the blocks held.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { SLOTS = 12, PAGE = 4096, LEAST_LOG2 = 18, MOST_LOG2 = 26 };

struct block {
    unsigned char *bytes;
    size_t size, stride;
};

static uint32_t random_state = 99991;

static uint32_t random_below(uint32_t bound) {
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % bound;
}

static void mark(struct block *b, size_t from) {
    for (size_t i = from; i < b->size; i += b->stride)
        b->bytes[i] = (unsigned char)(i / PAGE + b->size);
}

static uint64_t sum_of(const struct block *b) {
    uint64_t sum = b->size;
    for (size_t i = 0; i < b->size; i += b->stride)
        sum = sum * 31 + b->bytes[i];
    return sum;
}

/* Powers of two and odd sizes between them; the larger, the rarer. */
static __attribute__((noinline)) void fill(struct block *b) {
    unsigned log2 = LEAST_LOG2;
    while (log2 < MOST_LOG2 && random_below(2))
        log2++;
    b->size = (size_t)1 << log2;
    if (log2 < MOST_LOG2 && random_below(2))
        b->size += random_below((uint32_t)b->size);
    b->stride = b->size <= 1 << 20 ? PAGE : 64 * PAGE;
    b->bytes = malloc(b->size);
    if (!b->bytes)
        abort();
    mark(b, 0);
}

static __attribute__((noinline)) uint64_t empty(struct block *b) {
    uint64_t sum = b->bytes ? sum_of(b) : 0;
    free(b->bytes);
    *b = (struct block){0};
    return sum;
}

static uint64_t replace(unsigned rounds) {
    static struct block slot[SLOTS];
    uint64_t sum = 0;
    for (unsigned i = 0; i < rounds; i++) {
        struct block *b = &slot[random_below(SLOTS)];
        sum = sum * 31 + empty(b);
        fill(b);
    }
    for (size_t i = 0; i < SLOTS; i++)
        sum = sum * 31 + empty(&slot[i]);
    return sum;
}

/* From 256 KiB to 64 MiB, by an eighth each time. */
static __attribute__((noinline)) uint64_t grow(void) {
    struct block b = {.size = 0, .stride = 64 * PAGE};
    for (size_t size = 1 << LEAST_LOG2; size <= (size_t)1 << MOST_LOG2; size += size / 8) {
        size_t from = (b.size + b.stride - 1) / b.stride * b.stride;
        b.bytes = realloc(b.bytes, size);
        if (!b.bytes)
            abort();
        b.size = size;
        for (size_t i = from; i < size; i += b.stride)
            b.bytes[i] = (unsigned char)(i / PAGE);
    }
    return empty(&b);
}

int main(void) {
    uint64_t sum = replace(24000);
    for (int i = 0; i < 40; i++)
        sum = sum * 31 + grow();
    printf("%llu\n", (unsigned long long)sum);
    return 0;
}
