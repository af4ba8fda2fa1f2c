/* Every block can hold any type: 16 bytes, whatever its size and whoever made it. */
#include "contract/check.h"

static uint64_t state = 88172645463325252u;
static uint64_t random_u64(void) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return state;
}

int main(void) {
    for (size_t size = 0; size <= 4096; size++) {
        void *a = malloc(size), *b = calloc(1, size), *c = realloc(NULL, size);
        CHECK_AT(is_aligned(a, 16) && is_aligned(b, 16) && is_aligned(c, 16), size);
        void *d = realloc(a, size * 2 + 1);
        CHECK_AT(is_aligned(d, 16), size);
        memset(d, 0xaa, size * 2 + 1), memset(b, 0xaa, size), memset(c, 0xaa, size);
        free(b), free(c), free(d);
    }
    for (int i = 0; i < 1000; i++) {
        size_t size = random_u64() % (8u << 20);
        char *a = malloc(size + 1);
        CHECK_AT(a && is_aligned(a, 16), size);
        a[0] = a[size] = 1;
        free(a);
    }
    return failures();
}
