/* malloc_usable_size is what may be written; with the argument "exact", what was asked. */
#include "contract/check.h"
#include <malloc.h>

static int exact;

static void one(void *block, size_t size) {
    size_t usable = malloc_usable_size(block);
    CHECK_AT(exact ? usable == size : usable >= size, size);
    memset(block, 0x5a, usable);
}

int main(int argc, char **argv) {
    exact = argc > 1 && !strcmp(argv[1], "exact");
    for (size_t size = 0; size < 3 << 20; size += 1 + size / 23) {
        void *a = malloc(size), *b = calloc(size, 1), *c = memalign(128, size);
        one(a, size), one(b, size), one(c, size);
        a = realloc(a, size + 1), one(a, size + 1);
        a = realloc(a, size / 2 + 1), one(a, size / 2 + 1);
        free(a), free(b), free(c);
    }
    return failures();
}
