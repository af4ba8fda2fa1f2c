/* calloc's memory is zero even when it was somebody's before. */
#include "contract/check.h"

#define BLOCKS 64

int main(void) {
    static const size_t sizes[] = {1,    8,    15,   16,    17,    24,    100,    511,
                                   1000, 4080, 4096, 14000, 20000, 70000, 300000, 2 << 20};
    for (int round = 0; round < 4; round++)
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            void *block[BLOCKS];
            size_t count = sizes[i] > 100000 ? 4 : BLOCKS;
            for (size_t k = 0; k < count; k++)
                memset(block[k] = malloc(sizes[i]), 0xff, sizes[i]);
            for (size_t k = 0; k < count; k++)
                free(block[k]);
            for (size_t k = 0; k < count; k++) {
                block[k] = k & 1 ? calloc(1, sizes[i]) : calloc(sizes[i], 1);
                CHECK_AT(is_zero(block[k], sizes[i]), sizes[i]);
                memset(block[k], 0xff, sizes[i]);
            }
            for (size_t k = 0; k < count; k++)
                free(block[k]);
        }
    return failures();
}
