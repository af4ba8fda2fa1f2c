/*
 * latency OPERATIONS FILE: how long each single malloc and free takes. Writes nanoseconds
 * into FILE, one 32-bit word each, malloc and free in turns, the first sixteenth (warm-up)
 * left out. What is called depends on OPERATIONS alone, so that the same place in two files
 * is the same call: see quantiles.c.
 *
 * What is seldom and slow comes up all the time: stacks never seen before (one malloc in
 * 256: a known one up to some level, then new frames, 8 to 24 in all), in them code that
 * never allocated before (512 functions over the run), and live bytes that grow to new
 * peaks.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#ifdef __x86_64__
#    include <x86intrin.h>
#endif

enum { SLOTS = 8192, HOT_STACKS = 64, FUNCTIONS = 512, LEVELS_LEAST = 8, LEVELS_MOST = 24 };

static uint64_t nanoseconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Nothing before or after moves into what is measured. */
static inline uint64_t ticks(void) {
#ifdef __x86_64__
    _mm_lfence();
    uint64_t now = __rdtsc();
    _mm_lfence();
    return now;
#else
    return nanoseconds();
#endif
}

static uint64_t random_state = 88172645463325252u;

static uint64_t next_random(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static uint64_t taken; /* ticks of the last malloc */

/* Many functions, each with a call of its own. */
#define FUNCTION(n)                                                                        \
    static __attribute__((noinline)) void *allocate_##n(size_t size) {                     \
        uint64_t start = ticks();                                                          \
        void *block = malloc(size);                                                        \
        taken = ticks() - start;                                                           \
        return block;                                                                      \
    }
#define NAME(n)         allocate_##n,
#define FOUR(F, n)      F(n##0) F(n##1) F(n##2) F(n##3)
#define SIXTEEN(F, n)   FOUR(F, n##0) FOUR(F, n##1) FOUR(F, n##2) FOUR(F, n##3)
#define SIXTYFOUR(F, n) SIXTEEN(F, n##0) SIXTEEN(F, n##1) SIXTEEN(F, n##2) SIXTEEN(F, n##3)
#define ALL(F)                                                                             \
    SIXTYFOUR(F, a)                                                                        \
    SIXTYFOUR(F, b)                                                                        \
    SIXTYFOUR(F, c)                                                                        \
    SIXTYFOUR(F, d) SIXTYFOUR(F, e) SIXTYFOUR(F, f) SIXTYFOUR(F, g) SIXTYFOUR(F, h)
ALL(FUNCTION)
static void *(*const allocate[FUNCTIONS])(size_t) = {ALL(NAME)};

/* A call that the compiler can't take for another one. */
#define WAY(n)                                                                             \
    case n:                                                                                \
        block = descend(path >> 2, levels - 1, function, size);                            \
        __asm__ volatile("/* way " #n " */" : "+r"(block));                                \
        break;

/* Two bits of `path` choose from which of four calls the next frame comes. */
static __attribute__((noinline)) void *descend(uint64_t path, unsigned levels,
                                               unsigned function, size_t size) {
    void *block = NULL;
    if (levels == 0)
        return allocate[function](size);
    switch (path & 3) {
        WAY(0)
        WAY(1)
        WAY(2)
        WAY(3)
    }
    return block;
}

static struct stack {
    uint64_t path;
    unsigned levels, function;
} hot[HOT_STACKS];

/* Another stack in this place: the same up to any level, then new ones. */
static void renew(struct stack *stack, unsigned newest) {
    uint64_t kept = (UINT64_C(1) << 2 * (next_random() % LEVELS_MOST)) - 1;
    stack->path = (stack->path & kept) | (next_random() & ~kept);
    stack->levels = LEVELS_LEAST + (unsigned)(next_random() % (LEVELS_MOST - LEVELS_LEAST));
    stack->function = newest;
}

static void *take(unsigned i, unsigned operations) {
    uint64_t bits = next_random();
    struct stack *stack = &hot[bits % HOT_STACKS];
    if (!stack->levels || (bits >> 8) % 256 == 0)
        renew(stack, (unsigned)((uint64_t)i * FUNCTIONS / operations));
    size_t most = 128 + (size_t)((uint64_t)i * 1024 / operations);
    return descend(stack->path, stack->levels, stack->function, 16 + (bits >> 32) % most);
}

static void measure(uint32_t *samples, unsigned operations) {
    static void *slot[SLOTS];
    for (unsigned i = 0; i < operations; i++) {
        void **place = &slot[i < SLOTS ? i : next_random() % SLOTS];
        void *block = take(i, operations);
        if (!block)
            abort();
        samples[2 * i] = taken > UINT32_MAX ? UINT32_MAX : (uint32_t)taken;
        uint64_t start = ticks();
        free(*place);
        uint64_t freed = ticks() - start;
        samples[2 * i + 1] = freed > UINT32_MAX ? UINT32_MAX : (uint32_t)freed;
        *place = block;
    }
}

static int write_all(const char *path, const void *bytes, size_t count) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    while (fd >= 0 && count > 0) {
        ssize_t written = write(fd, bytes, count);
        if (written <= 0)
            return 1;
        bytes = (const char *)bytes + written;
        count -= (size_t)written;
    }
    return fd < 0 || close(fd) != 0;
}

int main(int argc, char **argv) {
    unsigned operations = argc == 3 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
    if (operations < 2 * SLOTS || operations > 50000000)
        return 2;
    size_t count = (size_t)operations * 2, warm_up = count / 32 * 2;
    /* Not by malloc, and nothing of it is touched for the first time while measuring. */
    uint32_t *samples = mmap(NULL, count * sizeof *samples, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (samples == MAP_FAILED)
        return 1;
    uint64_t start_ns = nanoseconds(), start = ticks();
    measure(samples, operations);
    double ns_per_tick = (double)(nanoseconds() - start_ns) / (double)(ticks() - start);
    for (size_t i = warm_up; i < count; i++)
        samples[i] = (uint32_t)((double)samples[i] * ns_per_tick + 0.5);
    return write_all(argv[2], samples + warm_up, (count - warm_up) * sizeof *samples);
}
