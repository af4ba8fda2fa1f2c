/*
 * steady MODE: makes blocks, prints its own count of them and its PID, then sleeps, spins,
 * or waits for a lock that nobody gives back (hang), in a thread and in main.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCKS 1000

static void *blocks[BLOCKS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((noinline)) static void *make_block(size_t size) {
    return malloc(size);
}

static void stay(const char *mode) {
    volatile unsigned long turns = 0;
    if (!strcmp(mode, "hang"))
        pthread_mutex_lock(&lock);
    while (!strcmp(mode, "spin"))
        turns++;
    pause();
}

static void *work(void *argument) {
    stay(argument);
    return NULL;
}

int main(int argc, char **argv) {
    const char *mode = argc > 1 ? argv[1] : "sleep";
    long bytes = 0, freed = 0;
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = make_block(i * 3);
        bytes += (long)i * 3;
    }
    for (size_t i = 0; i < BLOCKS; i += 4) {
        free(blocks[i]);
        freed += (long)i * 3;
    }
    pthread_t thread;
    pthread_mutex_lock(&lock);
    if (pthread_create(&thread, NULL, work, (void *)mode))
        return 1;
    printf("%d %ld %d %ld\n", BLOCKS, bytes, BLOCKS / 4, freed);
    fflush(stdout);
    stay(mode);
    return 0;
}
