/*
 * sites COUNT ROUNDS: allocates from COUNT places, three tree nodes each, then asks for a
 * summary by SIGUSR1 ROUNDS times. Prints the median time in the handler in milliseconds.
 * The places are leaves of a binary tree of calls: two nodes for each within the tree, and
 * the call of malloc.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS_MOST = 100 };

static double milliseconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

/* Visits `leaves` leaves, left to right, of a tree that has no more levels than needed. */
static __attribute__((noinline)) void descend(unsigned long leaves) {
    if (leaves == 1) {
        void *block = malloc(24);
        __asm__ volatile("" : "+r"(block)); /* held to the end */
    } else {
        descend(leaves / 2);
        descend(leaves - leaves / 2);
    }
    __asm__ volatile("" : : : "memory");
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    static double took[ROUNDS_MOST];
    if (argc != 3)
        return 2;
    unsigned long count = strtoul(argv[1], NULL, 10);
    int rounds = atoi(argv[2]);
    if (count < 1 || rounds < 1 || rounds > ROUNDS_MOST)
        return 2;
    descend(count);
    for (int i = 0; i < rounds; i++) {
        double start = milliseconds();
        raise(SIGUSR1);
        took[i] = milliseconds() - start;
    }
    qsort(took, (size_t)rounds, sizeof *took, compare);
    printf("%.1f\n", took[rounds / 2]);
    return 0;
}
