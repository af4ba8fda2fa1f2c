/* kept KIND bug|correct|N exit|call: one block, kept to the end, is written past its end or
 * not, or over the N bytes before it; with `call`, mtalloc_check() is asked twice and its
 * answers are printed. */
#include "mtalloc/mtalloc.h"
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern int mtalloc_check(void) __attribute__((weak));

static struct {
    char *block;
    size_t size;
} kept;

static void *volatile others[1000];

__attribute__((noinline)) static void allocate_block(const char *kind) {
    size_t size = 100;
    char *volatile block = NULL;
    if (strcmp(kind, "empty") == 0)
        block = malloc(size = 0);
    else if (strcmp(kind, "small") == 0)
        block = malloc(size);
    else if (strcmp(kind, "even") == 0)
        block = malloc(size = 96);
    else if (strcmp(kind, "calloc") == 0)
        block = calloc(1, size);
    else if (strcmp(kind, "aligned") == 0)
        block = memalign(4096, size);
    else if (strcmp(kind, "realloc") == 0)
        block = realloc(malloc(90), size);
    else if (strcmp(kind, "moved") == 0)
        block = realloc(malloc(90), size = 9000);
    else if (strcmp(kind, "page") == 0)
        block = malloc(size = 300000);
    else if (strcmp(kind, "large") == 0)
        block = malloc(size = 5000000);
    kept.block = block;
    kept.size = size;
}

int main(int argc, char **argv) {
    if (argc != 4)
        return 2;
    for (unsigned i = 0; i < 1000; i++) {
        others[i] = malloc(i);
        memset(others[i], 1, i);
        if (i % 3 == 0)
            free(others[i]);
    }
    allocate_block(argv[1]);
    memset(kept.block, 2, kept.size);
    if (strcmp(argv[2], "bug") == 0)
        kept.block[kept.size] ^= 0x55;
    for (char *at = kept.block - atoi(argv[2]); at < kept.block; at++)
        *at ^= 0x55;
    if (strcmp(argv[3], "call") == 0 && mtalloc_check)
        for (int time = 0; time < 2; time++)
            printf("%d\n", mtalloc_check());
    puts("went on");
    fflush(stdout);
    return 0;
}
