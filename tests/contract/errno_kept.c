/* free never changes errno, and success leaves it alone, whatever the block's size. */
#include "contract/check.h"
#include <malloc.h>

int main(void) {
    static const size_t sizes[] = {0, 8, 100, 5000, 40000, 300000, 3 << 20, 64 << 20};
    errno = 4242;
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            void *a = malloc(sizes[i]), *b = calloc(1, sizes[i]),
                 *c = memalign(256, sizes[i]);
            CHECK_AT(errno == 4242, sizes[i]);
            a = realloc(a, sizes[i] + 1 + sizes[i] / 2);
            CHECK_AT(errno == 4242, sizes[i]);
            free(a), free(b), free(c);
            CHECK_AT(errno == 4242, sizes[i]);
            malloc_usable_size(NULL);
            CHECK_AT(errno == 4242, sizes[i]);
        }
    malloc_trim(0);
    CHECK(errno == 4242);
    return failures();
}
