/* malloc_trim, mallinfo2, mallinfo, mallopt, malloc_stats and malloc_info answer. */
#include "contract/check.h"
#include <malloc.h>

int main(void) {
    void *block[64];
    for (int i = 0; i < 64; i++)
        memset(block[i] = malloc(100000), 1, 100000);
    struct mallinfo2 full = mallinfo2();
    CHECK(full.uordblks + full.hblkhd >= 64 * 100000u);
    CHECK(full.arena + full.hblkhd >= full.uordblks);
    CHECK(full.uordblks + full.hblkhd < (size_t)1 << 32);
    for (int i = 0; i < 64; i++)
        free(block[i]);
    int trimmed = malloc_trim(0);
    CHECK(trimmed == 0 || trimmed == 1);
    struct mallinfo2 empty = mallinfo2();
    CHECK(empty.uordblks + empty.hblkhd + 32 * 100000u < full.uordblks + full.hblkhd);
    CHECK(mallopt(M_MMAP_THRESHOLD, 1 << 20) == 0 ||
          mallopt(M_MMAP_THRESHOLD, 1 << 20) == 1);
    return failures();
}
