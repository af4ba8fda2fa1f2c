/* memalign, aligned_alloc, posix_memalign, valloc, pvalloc. */
#include "contract/check.h"
#include <malloc.h>
#include <unistd.h>

static const size_t sizes[] = {0,    1,    15,   16,   17,    100,
                               1000, 4095, 4096, 4097, 70000, 1048577};
#define SIZES (sizeof sizes / sizeof *sizes)

static void *by(int function, size_t alignment, size_t size) {
    void *out = NULL;
    switch (function) {
    case 0:
        return memalign(alignment, size);
    case 1:
        return aligned_alloc(alignment, size);
    default:
        CHECK(posix_memalign(&out, alignment, size) == 0);
        return out;
    }
}

static void powers_of_two(int function) {
    size_t least = function == 2 ? sizeof(void *) : 1;
    for (size_t alignment = least; alignment <= 1 << 20; alignment *= 2) {
        void *block[SIZES];
        for (size_t i = 0; i < SIZES; i++) {
            block[i] = by(function, alignment, sizes[i]);
            CHECK_AT(block[i] && is_aligned(block[i], alignment), alignment);
            CHECK_AT(is_aligned(block[i], 16), alignment);
            CHECK_AT(malloc_usable_size(block[i]) >= sizes[i], alignment);
            fill(block[i], sizes[i], (unsigned)i);
        }
        for (size_t i = 0; i < SIZES; i++) {
            CHECK_AT(is_filled(block[i], sizes[i], (unsigned)i), alignment);
            free(block[i]);
        }
    }
}

static void posix_memalign_rules(void) {
    static const volatile size_t bad[] = {0, 1, 2, 4, 7, 12, 24, 48, 4095, SIZE_MAX};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        void *out = &out;
        errno = 77;
        CHECK_AT(posix_memalign(&out, bad[i], 32) == EINVAL, bad[i]);
        CHECK_AT(out == &out, bad[i]);
        CHECK_AT(errno == 77, bad[i]);
    }
    void *out = NULL;
    errno = 77;
    CHECK(posix_memalign(&out, 4096, 100) == 0);
    CHECK(out && errno == 77);
    free(out);
}

/* glibc rounds an alignment up that is no power of two; its manual allows EINVAL. */
static void odd_alignments(void) {
    static const volatile size_t odd[] = {0, 3, 24, 48, 100, 4097};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        for (int function = 0; function < 2; function++) {
            size_t power = 1;
            while (power < odd[i])
                power *= 2;
            errno = 0;
            void *block = by(function, odd[i], 100);
            CHECK_AT(block ? is_aligned(block, power) : errno == EINVAL, odd[i]);
            free(block);
        }
    volatile size_t huge = SIZE_MAX / 2 + 2;
    errno = 0;
    CHECK(memalign(huge, 16) == NULL && errno == EINVAL);
    errno = 0;
    CHECK(aligned_alloc(huge, 16) == NULL && errno == EINVAL);
}

static void whole_pages(void) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    for (size_t i = 0; i < SIZES; i++) {
        char *a = valloc(sizes[i]), *b = pvalloc(sizes[i]);
        CHECK_AT(a && is_aligned(a, page), sizes[i]);
        CHECK_AT(b && is_aligned(b, page), sizes[i]);
        size_t whole = (sizes[i] + page - 1) / page * page;
        CHECK_AT(malloc_usable_size(b) >= whole, sizes[i]);
        memset(a, 1, sizes[i]), memset(b, 1, whole);
        free(a), free(b);
    }
}

int main(void) {
    for (int function = 0; function < 3; function++)
        powers_of_two(function);
    posix_memalign_rules();
    odd_alignments();
    whole_pages();
    return failures();
}
