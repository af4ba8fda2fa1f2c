/*
 * looks BLOCKS: a heap of that many blocks of 16 to 112 bytes in 65,536 lists, and what
 * looking through it costs: mtalloc_check(), and mtalloc_leaks() in two modes. While each
 * runs, another thread allocates and frees. Prints a line for each, the first and the last
 * for none: name, milliseconds, how many of them the thread had a processor, KiB of memory
 * taken meanwhile, what was found, and of the other thread's mallocs p50, p99.9 and the
 * longest in nanoseconds.
 */
#include "mtalloc/mtalloc.h"
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#pragma weak mtalloc_check
#pragma weak mtalloc_leaks

enum { LISTS = 65536, SLOTS = 1024, BINS = 1 << 16, WARM_UP = 100000 };

struct block {
    struct block *next;
};

static struct block *list[LISTS];
/* Latencies in bins of a sixteenth of their power of two. */
static uint64_t bin[BINS], longest;
static _Atomic int phase; /* 0: nothing is counted, -1: the end */
static _Atomic uint64_t pairs;

static uint64_t time_of(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t nanoseconds(void) {
    return time_of(CLOCK_MONOTONIC);
}

static uint64_t next_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static unsigned bin_of(uint64_t ns) {
    unsigned power = 63 - (unsigned)__builtin_clzll(ns | 16);
    return power * 16 + (unsigned)(ns >> (power - 4) & 15);
}

static uint64_t end_of(unsigned index) {
    unsigned power = index / 16;
    return (UINT64_C(1) << power) + ((uint64_t)(index % 16 + 1) << (power - 4));
}

static void *work(void *unused) {
    static void *slot[SLOTS];
    uint64_t state = 88172645463325252u;
    while (atomic_load(&phase) >= 0) {
        void **place = &slot[next_random(&state) % SLOTS];
        free(*place);
        uint64_t start = nanoseconds();
        *place = malloc(16 + next_random(&state) % 500);
        uint64_t taken = nanoseconds() - start;
        if (atomic_fetch_add(&pairs, 1) < WARM_UP || atomic_load(&phase) == 0)
            continue;
        bin[bin_of(taken)]++;
        longest = taken > longest ? taken : longest;
    }
    (void)unused;
    return NULL;
}

static uint64_t quantile(double share) {
    uint64_t all = 0, seen = 0;
    for (unsigned i = 0; i < BINS; i++)
        all += bin[i];
    for (unsigned i = 0; i < BINS; i++)
        if ((seen += bin[i]) && (double)seen >= share * (double)all)
            return end_of(i);
    return 0;
}

/* A line of /proc/self/status in KiB. */
static long status(const char *name) {
    static char text[8192];
    int fd = open("/proc/self/status", O_RDONLY);
    ssize_t got = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    close(fd);
    text[got > 0 ? got : 0] = '\0';
    const char *line = strstr(text, name);
    return line ? strtol(line + strlen(name), NULL, 10) : 0;
}

/* From here on VmHWM is what is resident from here on. */
static void forget_peak(void) {
    int fd = open("/proc/self/clear_refs", O_WRONLY);
    if (fd >= 0)
        (void)!write(fd, "5", 1);
    close(fd);
}

static int check(void) {
    return mtalloc_check();
}
static int leaks_blocks(void) {
    return mtalloc_leaks(MTALLOC_LEAKS_BLOCKS);
}
static int leaks_reachable(void) {
    return mtalloc_leaks(MTALLOC_LEAKS_REACHABLE);
}

static uint64_t pause_ns = 200000000;
static int nothing(void) {
    struct timespec time = {(time_t)(pause_ns / 1000000000), (long)(pause_ns % 1000000000)};
    return nanosleep(&time, NULL);
}

static uint64_t measure(const char *name, int (*look)(void)) {
    memset(bin, 0, sizeof bin);
    longest = 0;
    forget_peak();
    long before = status("\nVmRSS:");
    atomic_store(&phase, 1);
    uint64_t start = nanoseconds(), own_start = time_of(CLOCK_THREAD_CPUTIME_ID);
    int found = look();
    uint64_t taken = nanoseconds() - start;
    uint64_t own = time_of(CLOCK_THREAD_CPUTIME_ID) - own_start;
    for (uint64_t seen = atomic_load(&pairs); atomic_load(&pairs) == seen;)
        usleep(100); /* a malloc that was held up ends */
    atomic_store(&phase, 0);
    usleep(1000);
    printf("%s %llu %llu %ld %d %llu %llu %llu\n", name,
           (unsigned long long)taken / 1000000, (unsigned long long)own / 1000000,
           status("\nVmHWM:") - before, found, (unsigned long long)quantile(0.5),
           (unsigned long long)quantile(0.999), (unsigned long long)longest);
    fflush(stdout);
    return taken;
}

static __attribute__((noinline)) int fill(uint64_t blocks) {
    uint64_t state = 1234567;
    for (uint64_t i = 0; i < blocks; i++) {
        uint64_t random = next_random(&state);
        size_t size = 16 + (random >> 32) % 97;
        struct block *block = malloc(size), **first = &list[random % LISTS];
        if (!block)
            return 0;
        memset(block, 0, size);
        block->next = *first;
        *first = block;
    }
    return 1;
}

int main(int argc, char **argv) {
    pthread_t thread;
    uint64_t blocks = argc == 2 ? strtoull(argv[1], NULL, 10) : 0;
    if (!blocks || !mtalloc_check || !mtalloc_leaks)
        return 2;
    if (!fill(blocks) || pthread_create(&thread, NULL, work, NULL) != 0)
        return 1;
    while (atomic_load(&pairs) < 2 * WARM_UP)
        usleep(1000);
    measure("nothing", nothing);
    pause_ns = measure("check", check);
    measure("blocks", leaks_blocks);
    measure("reachable", leaks_reachable);
    measure("nothing", nothing);
    atomic_store(&phase, -1);
    pthread_join(thread, NULL);
    printf("heap %ld\n", status("\nVmRSS:"));
    return 0;
}
