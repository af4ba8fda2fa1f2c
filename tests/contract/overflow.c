/* Requests that cannot be met: NULL and ENOMEM, and the old block stays as it was. */
#include "contract/check.h"
#include <malloc.h>

static volatile size_t too_much[] = {(size_t)PTRDIFF_MAX + 1, SIZE_MAX,
                                     SIZE_MAX - 15,           SIZE_MAX - 16,
                                     SIZE_MAX - 31,           SIZE_MAX - 4095};
static volatile size_t half = SIZE_MAX / 2 + 1, two = 2, large = (size_t)1 << 40;

#define REFUSED(call)                                                                      \
    do {                                                                                   \
        errno = 0;                                                                         \
        void *got = (call);                                                                \
        CHECK(got == NULL && #call);                                                       \
        CHECK(errno == ENOMEM && #call);                                                   \
    } while (0)

static void one_size(size_t size) {
    REFUSED(malloc(size));
    REFUSED(calloc(1, size));
    REFUSED(calloc(size, 1));
    REFUSED(realloc(NULL, size));
    REFUSED(memalign(64, size));
    REFUSED(aligned_alloc(64, size));
    REFUSED(memalign(4096, size));
    REFUSED(valloc(size));
    REFUSED(pvalloc(size));
    void *out = &out;
    errno = 99;
    CHECK(posix_memalign(&out, 64, size) == ENOMEM);
    CHECK(out == &out && errno == 99);
}

static void old_block_stays(void) {
    for (size_t size = 24; size < 1 << 22; size *= 37) {
        void *volatile block = malloc(size); /* a failed realloc does not end its life */
        fill(block, size, 3);
        for (size_t i = 0; i < sizeof too_much / sizeof *too_much; i++)
            REFUSED(realloc(block, too_much[i]));
        REFUSED(reallocarray(block, half, two));
        REFUSED(reallocarray(block, large, large));
        CHECK(is_filled(block, size, 3));
        free(block);
    }
}

int main(void) {
    for (size_t i = 0; i < sizeof too_much / sizeof *too_much; i++)
        one_size(too_much[i]);
    REFUSED(calloc(half, two));
    REFUSED(calloc(two, half));
    REFUSED(calloc(large, large));
    REFUSED(calloc(SIZE_MAX / 2 - 5, 3 * two));
    REFUSED(reallocarray(NULL, half, two));
    REFUSED(reallocarray(NULL, large, large));
    REFUSED(memalign(half / 2, half / 2)); /* 2^62 bytes at a multiple of 2^62 */
    old_block_stays();
    return failures();
}
