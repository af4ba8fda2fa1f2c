/* Every way to allocate in C, from two threads in turn: its sums are the same in every run.
 */
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *work(void *seed) {
    unsigned state = (unsigned)(size_t)seed;
    void *blocks[64] = {0};
    for (int i = 0; i < 5000; i++) {
        state = state * 1103515245u + 12345u;
        unsigned slot = state >> 8 & 63, how = state >> 16 & 7, size = state >> 20 & 4095;
        void **block = &blocks[slot];
        if (how < 3) {
            *block =
                realloc(*block, size + 1); /* how a block of size 0 ends is glibc's own */
            continue;
        }
        free(*block);
        *block = NULL;
        if (how == 3)
            *block = calloc(size % 100, 40);
        else if (how == 4)
            *block = memalign(64, size);
        else if (how == 5 && posix_memalign(block, 4096, size) != 0)
            abort();
        else if (how == 6)
            *block = malloc(size * 100);
    }
    for (int i = 0; i < 60; i++) /* four stay */
        free(blocks[i]);
    return strdup("done");
}

int main(void) {
    for (size_t seed = 1; seed <= 2; seed++) {
        pthread_t thread;
        void *said;
        pthread_create(&thread, NULL, work, (void *)seed);
        pthread_join(thread, &said);
        puts(said);
        free(said);
    }
    free(work((void *)3));
    return 0;
}
