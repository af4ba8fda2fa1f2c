/* threads CHECKS: four threads allocate, resize and free, the smallest blocks most, while
 * this one checks the heap; prints what the checks found. */
#include "mtalloc/mtalloc.h"
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 4
#define BLOCKS  100

static _Atomic int stop;
static _Atomic unsigned long rounds;

static size_t next(unsigned *seed) {
    *seed = *seed * 1103515245u + 12345;
    return *seed >> 8;
}

static size_t any_size(unsigned *seed) {
    size_t dice = next(seed) % 4096;
    return dice == 0    ? 1100000 + next(seed) % 100000
           : dice < 256 ? next(seed) % 20000
                        : next(seed) % 40;
}

static void *work(void *argument) {
    unsigned seed = *(unsigned *)argument;
    char **block = calloc(BLOCKS, sizeof *block);
    while (!atomic_load(&stop)) {
        size_t at = next(&seed) % BLOCKS, size = any_size(&seed);
        switch (next(&seed) % 6) {
        case 0:
            block[at] = realloc(block[at], size + 1);
            break;
        case 1:
            free(block[at]);
            block[at] = calloc(1, size);
            break;
        case 2:
            free(block[at]);
            block[at] = memalign(64, size);
            break;
        default:
            free(block[at]);
            block[at] = malloc(size);
        }
        if (block[at])
            memset(block[at], 7, size);
        atomic_fetch_add(&rounds, 1);
    }
    for (size_t at = 0; at < BLOCKS; at++)
        free(block[at]);
    free(block);
    return NULL;
}

int main(int argc, char **argv) {
    pthread_t thread[THREADS];
    unsigned seed[THREADS], checks = argc > 1 ? (unsigned)atoi(argv[1]) : 100;
    int found = 0, wrong = 0;
    for (unsigned i = 0; i < THREADS; i++) {
        seed[i] = i + 1;
        if (pthread_create(&thread[i], NULL, work, &seed[i]) != 0)
            return 1;
    }
    for (unsigned i = 0; i < checks; i++) {
        int result = mtalloc_check();
        if (result < 0)
            wrong++;
        else
            found += result;
    }
    unsigned long done = atomic_load(&rounds);
    atomic_store(&stop, 1);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    printf("%d found, %d refused\n", found, wrong);
    return done < 1000; /* they did work meanwhile */
}
