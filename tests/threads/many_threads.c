/*
 * many_threads BATCHES AT_ONCE: starts AT_ONCE threads, waits for them, BATCHES times.
 * Each allocates ten blocks, frees half of them, and leaves one to the main thread.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define BLOCKS 10
#define SIZE   40

__attribute__((noinline)) static void *make_block(void) {
    return malloc(SIZE);
}

static void *work(void *argument) {
    void *volatile block[BLOCKS];
    (void)argument;
    for (int i = 0; i < BLOCKS; i++)
        block[i] = make_block();
    for (int i = 0; i < BLOCKS / 2; i++)
        free(block[i]);
    return block[BLOCKS - 1];
}

int main(int argc, char **argv) {
    long batches = argc > 1 ? atol(argv[1]) : 1, at_once = argc > 2 ? atol(argv[2]) : 1;
    static pthread_t thread[4096];
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 65536);
    for (long batch = 0; batch < batches; batch++) {
        for (long i = 0; i < at_once; i++)
            if (pthread_create(&thread[i], &small, work, NULL))
                return 1;
        for (long i = 0; i < at_once; i++) {
            void *block;
            pthread_join(thread[i], &block);
            free(block);
        }
    }
    long threads = batches * at_once, freed = threads * (BLOCKS / 2 + 1);
    printf("%ld %ld %ld %ld\n", threads * BLOCKS, threads * BLOCKS * SIZE, freed,
           freed * SIZE);
    return 0;
}
