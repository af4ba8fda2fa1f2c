/*
 * Buffers that grow by realloc: many small ones in steps of a few bytes, some to a mebibyte
 * by doubling, one to 16 MiB in steps of 256 KiB. Prints a checksum of what they held.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct buffer {
    unsigned char *bytes;
    size_t used;
};

static uint32_t random_state = 12345;

static uint32_t random_below(uint32_t bound) {
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % bound;
}

static __attribute__((noinline)) void append(struct buffer *b, size_t count, size_t room) {
    b->bytes = realloc(b->bytes, room);
    if (!b->bytes)
        abort();
    memset(b->bytes + b->used, (int)(count & 255), count);
    b->used += count;
}

/* Sums every 61st byte and lets go of the buffer. */
static uint64_t finish(struct buffer *b) {
    uint64_t sum = b->used;
    for (size_t i = 0; i < b->used; i += 61)
        sum = sum * 31 + b->bytes[i];
    free(b->bytes);
    *b = (struct buffer){0};
    return sum;
}

static uint64_t small_steps(unsigned rounds) {
    static struct buffer buffers[256];
    uint64_t sum = 0;
    for (unsigned i = 0; i < rounds; i++) {
        struct buffer *b = &buffers[random_below(256)];
        size_t count = 1 + random_below(48);
        append(b, count, b->used + count);
        if (b->used > 4096)
            sum ^= finish(b);
    }
    for (size_t i = 0; i < 256; i++)
        sum ^= finish(&buffers[i]);
    return sum;
}

static uint64_t doubling(unsigned rounds) {
    uint64_t sum = 0;
    for (unsigned i = 0; i < rounds; i++) {
        struct buffer b = {0};
        for (size_t room = 64; room <= 1 << 20; room *= 2)
            append(&b, room / 2, room);
        sum += finish(&b);
    }
    return sum;
}

static uint64_t huge(void) {
    struct buffer b = {0};
    for (size_t room = 256 << 10; room <= 16 << 20; room += 256 << 10)
        append(&b, 256 << 10, room);
    return finish(&b);
}

int main(void) {
    uint64_t sum = small_steps(2500000);
    sum = sum * 31 + doubling(40);
    for (int i = 0; i < 2; i++)
        sum = sum * 31 + huge();
    printf("%llu\n", (unsigned long long)sum);
    return 0;
}
