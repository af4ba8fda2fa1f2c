/*
 * ring THREADS ROUNDS: the threads allocate and put blocks into a shared ring; what was
 * there before is freed by whoever put something in its place. Prints the program's own
 * count of it all.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define THREADS_MOST 128
#define PLACES       512

static _Atomic(size_t *) ring[PLACES];
static struct count {
    unsigned long allocs, alloc_bytes, frees, free_bytes;
} counts[THREADS_MOST + 1];
static pthread_barrier_t all_there;
static int rounds;

static void release(size_t *block, struct count *count) {
    if (!block)
        return;
    count->frees++;
    count->free_bytes += *block;
    free(block);
}

__attribute__((noinline)) static void *make_block(size_t size, struct count *count) {
    size_t *block = malloc(size);
    *block = size;
    count->allocs++;
    count->alloc_bytes += size;
    return block;
}

static void *work(void *argument) {
    struct count *count = argument;
    pthread_barrier_wait(&all_there);
    uint64_t state = 1 + (uint64_t)(count - counts);
    for (int i = 0; i < rounds; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        size_t size = 8 + (size_t)(state >> 40) % 3000;
        size_t *block = make_block(size, count);
        release(atomic_exchange(&ring[(state >> 20) % PLACES], block), count);
    }
    return NULL;
}

int main(int argc, char **argv) {
    pthread_t thread[THREADS_MOST];
    int threads = argc > 1 ? atoi(argv[1]) : 8;
    rounds = argc > 2 ? atoi(argv[2]) : 1000;
    if (threads > THREADS_MOST || pthread_barrier_init(&all_there, NULL, (unsigned)threads))
        return 2;
    for (int i = 0; i < threads; i++)
        if (pthread_create(&thread[i], NULL, work, &counts[i]))
            return 1;
    for (int i = 0; i < threads; i++)
        pthread_join(thread[i], NULL);
    for (int i = 0; i < PLACES; i += 2) /* half of what is left stays live */
        release(atomic_exchange(&ring[i], NULL), &counts[threads]);
    struct count sum = {0, 0, 0, 0};
    for (int i = 0; i <= threads; i++) {
        sum.allocs += counts[i].allocs, sum.alloc_bytes += counts[i].alloc_bytes;
        sum.frees += counts[i].frees, sum.free_bytes += counts[i].free_bytes;
    }
    printf("%lu %lu %lu %lu\n", sum.allocs, sum.alloc_bytes, sum.frees, sum.free_bytes);
    return 0;
}
