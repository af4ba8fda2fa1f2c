/*
 * many_stacks STACKS [times]: a block from each of STACKS different stacks, up to 2^21 of
 * them; every fourth block is kept until the end. Prints "allocs bytes frees bytes", or
 * with `times` the nanoseconds of processor time per stack of the stacks around the
 * 100,000th and of the last tenth.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DEPTH 21
#define SIZE  24
#define EARLY 100000 /* plus and minus a tenth */

static void **kept;
static long keeping;

__attribute__((noinline)) static void make_block(int keep) {
    void *volatile block = malloc(SIZE);
    if (keep)
        kept[keeping++] = block;
    else
        free(block);
}

/* The way down is a number, bit by bit: stacks that follow each other differ far in. */
static void left(unsigned path, int depth), right(unsigned path, int depth);
static void (*const volatile down[])(unsigned, int) = {left, right};

static void left(unsigned path, int depth) {
    if (depth)
        down[path >> (depth - 1) & 1](path, depth - 1);
    else
        make_block(path % 4 == 0);
    __asm__ volatile("" ::: "memory");
}
static void right(unsigned path, int depth) {
    if (depth)
        down[path >> (depth - 1) & 1](path, depth - 1);
    else
        make_block(path % 4 == 0);
    __asm__ volatile("" ::: "memory");
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* Spread over the whole tree: what follows differs anywhere. */
static void allocate(unsigned from, unsigned to) {
    for (unsigned i = from; i < to; i++)
        down[0](i * 1664525u & ((1u << DEPTH) - 1), DEPTH);
}

static double nanoseconds(unsigned from, unsigned to) {
    double begin = now();
    allocate(from, to);
    return to > from ? (now() - begin) / (to - from) : 0;
}

int main(int argc, char **argv) {
    char line[200];
    unsigned stacks = argc > 1 ? (unsigned)atoi(argv[1]) : 1000;
    unsigned early = EARLY < stacks / 2 ? EARLY : stacks / 2;
    if (stacks > 1u << DEPTH || !(kept = malloc(stacks * sizeof *kept)))
        return 1;
    allocate(0, early - early / 10);
    double first = nanoseconds(early - early / 10, early + early / 10);
    allocate(early + early / 10, stacks - stacks / 10);
    double last = nanoseconds(stacks - stacks / 10, stacks);
    for (long i = 0; i < keeping; i++)
        free(kept[i]);
    if (argc > 2)
        snprintf(line, sizeof line, "%.0f %.0f\n", first, last);
    else
        snprintf(line, sizeof line, "%u %lu %u %lu\n", stacks, stacks * (unsigned long)SIZE,
                 stacks, stacks * (unsigned long)SIZE);
    return write(1, line, strlen(line)) < 0;
}
