/*
 * threads N: N threads, each replacing blocks of mixed sizes in a table of its own; every
 * eighth block passes through a mailbox and is freed by whoever takes it. Prints the sum of
 * the stamps found in all freed blocks, which does not depend on who freed them. The work
 * per thread is the same for any N.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { SLOTS = 4096, BOXES = 64, THREADS_MAX = 64 };
#define OPERATIONS 6000000u

struct block {
    uint64_t stamp;
};

static _Atomic(struct block *) mailbox[BOXES];

struct worker {
    pthread_t thread;
    uint64_t random, sum;
    struct block *slot[SLOTS];
};

static uint32_t next_random(struct worker *w) {
    w->random = w->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(w->random >> 32);
}

/* The frames between main and malloc: up to eight, as the depth says. */
static __attribute__((noinline)) struct block *make(unsigned depth, size_t size) {
    struct block *b = depth ? make(depth - 1, size) : malloc(size);
    if (!b)
        abort();
    __asm__ volatile("" : "+r"(b)); /* no tail call */
    return b;
}

static __attribute__((noinline)) void drop(struct worker *w, struct block *b) {
    if (b)
        w->sum += b->stamp;
    free(b);
}

static void *work(void *argument) {
    struct worker *w = argument;
    for (unsigned i = 0; i < OPERATIONS; i++) {
        uint32_t bits = next_random(w);
        struct block *b = make(bits & 7, sizeof *b + (bits >> 8) % 300);
        b->stamp = bits;
        struct block **slot = &w->slot[(bits >> 16) % SLOTS];
        if (i % 8 == 0)
            b = atomic_exchange(&mailbox[bits % BOXES], b);
        drop(w, *slot);
        *slot = b;
    }
    for (int i = 0; i < SLOTS; i++)
        drop(w, w->slot[i]);
    return NULL;
}

int main(int argc, char **argv) {
    int count = argc > 1 ? atoi(argv[1]) : 2;
    if (count < 1 || count > THREADS_MAX)
        return 2;
    static struct worker workers[THREADS_MAX];
    uint64_t sum = 0;
    for (int i = 0; i < count; i++) {
        workers[i].random = (uint64_t)i * 7919 + 1;
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            return 1;
    }
    for (int i = 0; i < count; i++) {
        pthread_join(workers[i].thread, NULL);
        sum += workers[i].sum;
    }
    struct worker rest = {0};
    for (int i = 0; i < BOXES; i++)
        drop(&rest, atomic_load(&mailbox[i]));
    printf("%llu\n", (unsigned long long)(sum + rest.sum));
    return 0;
}
