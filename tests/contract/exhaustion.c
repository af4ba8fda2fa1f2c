/* When memory runs out (RLIMIT_AS), every function says so, and all is well afterwards. */
#include "contract/check.h"
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

static size_t mapped_bytes(void) {
    FILE *file = fopen("/proc/self/statm", "r");
    size_t pages = 0;
    CHECK(file && fscanf(file, "%zu", &pages) == 1);
    fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* Takes blocks until there are no more; returns how many there were. */
static size_t exhaust(size_t size) {
    void **last = NULL, **block;
    size_t count = 0;
    errno = 0;
    while ((block = malloc(size)) != NULL) {
        *block = last, last = block, count++;
        if (count > (size_t)1 << 22)
            break;
    }
    CHECK_AT(block == NULL && errno == ENOMEM, size);
    if (last) {
        errno = 0;
        CHECK_AT(realloc(last, 1 << 28) == NULL && errno == ENOMEM, size);
    }
    errno = 0;
    CHECK_AT(calloc(1, 1 << 28) == NULL && errno == ENOMEM, size);
    errno = 0;
    CHECK_AT(memalign(4096, 1 << 28) == NULL && errno == ENOMEM, size);
    void *out = &out;
    CHECK_AT(posix_memalign(&out, 64, 1 << 28) == ENOMEM && out == &out, size);
    while (last) {
        void **next = *last;
        free(last);
        last = next;
    }
    return count;
}

int main(void) {
    free(malloc(100));
    size_t limit = mapped_bytes() + (96 << 20);
    struct rlimit as = {limit, RLIM_INFINITY};
    CHECK(setrlimit(RLIMIT_AS, &as) == 0);
    for (int round = 0; round < 2; round++) {
        CHECK(exhaust(1 << 20) > 20);
        CHECK(exhaust(100) > 50000);
        /* jemalloc joins the single pages that were the small blocks' only as it purges. */
        malloc_trim(0);
        CHECK(exhaust(20000) > 100);
    }
    as.rlim_cur = RLIM_INFINITY;
    CHECK(setrlimit(RLIMIT_AS, &as) == 0);
    void *block = malloc(1 << 28);
    CHECK(block != NULL);
    free(block);
    return failures();
}
