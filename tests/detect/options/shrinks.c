/*
 * Shrinks large blocks where they lie, and allocates what that set free. With
 * MALLOC_CONF=dirty_decay_ms:0,muzzy_decay_ms:0 jemalloc gives it back to the kernel at
 * once and knows it to be zero from then on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
    unsigned long wrong = 0;
    for (int i = 0; i < 300; i++) {
        size_t size = 500000 + (size_t)i * 7919 % 400000;
        char *volatile large = malloc(1000000);
        memset(large, 1, 1000000);
        large = realloc(large, 100000);
        for (size_t at = 0; at < 100000; at += 512)
            wrong += large[at] != 1;
        unsigned char *volatile zero = calloc(1, size);
        for (size_t at = 0; at < size; at += 512)
            wrong += zero[at] != 0;
        free(zero);
        free(large);
    }
    printf("%lu wrong\n", wrong);
    return 0;
}
