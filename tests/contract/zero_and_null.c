/* malloc(0) gives distinct blocks; realloc(p, 0) frees; NULL is taken where allowed. */
#include "contract/check.h"
#include <malloc.h>
#include <sys/resource.h>

static long resident_kib(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static void zero_sizes(void) {
    void *a = malloc(0), *b = malloc(0), *c = calloc(0, 8), *d = calloc(8, 0);
    CHECK(a && b && c && d);
    CHECK(a != b && c != d && a != c);
    CHECK(is_aligned(a, 16) && is_aligned(c, 16));
    free(a), free(b), free(c), free(d);
    void *e = realloc(NULL, 0);
    CHECK(e != NULL);
    free(e);
}

/* If realloc(p, 0) kept the block, 4 GiB would be resident at the end. */
static void realloc_to_zero_frees(void) {
    long before = resident_kib();
    for (int i = 0; i < 4096; i++) {
        char *block = malloc(1 << 20);
        CHECK(block != NULL);
        memset(block, i, 1 << 20);
        CHECK(realloc(block, 0) == NULL);
    }
    CHECK(resident_kib() - before < 256 << 10);
    CHECK(reallocarray(malloc(10), 0, 4) == NULL);
    CHECK(reallocarray(malloc(10), 4, 0) == NULL);
}

static void null_blocks(void) {
    free(NULL);
    CHECK(malloc_usable_size(NULL) == 0);
    char *a = realloc(NULL, 100), *b = reallocarray(NULL, 10, 10);
    CHECK(a && b && a != b);
    memset(a, 1, 100), memset(b, 1, 100);
    free(a), free(b);
}

int main(void) {
    zero_sizes();
    realloc_to_zero_frees();
    null_blocks();
    return failures();
}
