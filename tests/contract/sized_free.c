/* C23's free_sized and free_aligned_sized, which glibc 2.36 does not have. */
#include "contract/check.h"

extern void free_sized(void *block, size_t size) __attribute__((weak));
extern void free_aligned_sized(void *block, size_t alignment, size_t size)
    __attribute__((weak));

int main(void) {
    if (!free_sized || !free_aligned_sized) {
        puts("free_sized or free_aligned_sized is missing");
        return 77;
    }
    errno = 4242;
    free_sized(NULL, 0);
    free_aligned_sized(NULL, 64, 0);
    for (int round = 0; round < 3; round++)
        for (size_t size = 0; size < 3 << 20; size += 1 + size / 9) {
            void *a = malloc(size), *b = calloc(1, size), *c = realloc(malloc(7), size + 1);
            memset(a, 1, size), memset(b, 1, size), memset(c, 1, size + 1);
            free_sized(a, size), free_sized(b, size), free_sized(c, size + 1);
            for (size_t alignment = 16; alignment <= 8192; alignment *= 8) {
                void *d = aligned_alloc(alignment, size);
                memset(d, 1, size);
                free_aligned_sized(d, alignment, size);
            }
        }
    CHECK(errno == 4242);
    return failures();
}
