/* realloc stays in place wherever the allocator can, as xallocx tells of the same block. */
#include "contract/check.h"

extern size_t xallocx(void *block, size_t size, size_t extra, int flags)
    __attribute__((weak));

static size_t grown, shrunk;

static void try_one(size_t from, size_t to) {
    char *block = malloc(from);
    CHECK_AT(block != NULL, from);
    fill(block, from, 3);
    /* Whether it can; and back, which it always can from where it just came. */
    size_t got = xallocx(block, to, 0, 0);
    if (got < to || got > to) {
        free(block);
        return;
    }
    xallocx(block, from, 0, 0);
    char *same = realloc(block, to);
    CHECK_AT(same == block, from);
    CHECK_AT(is_filled(same, from < to ? from : to, 3), from);
    memset(same, 1, to);
    *(to > from ? &grown : &shrunk) += same == block;
    free(same);
}

int main(void) {
    for (size_t from = 1; from < 40 << 20; from += 1 + from / 5) {
        try_one(from, from + 1);
        try_one(from, from + from / 8 + 1);
        try_one(from, from * 2);
        try_one(from + 1, from);
        try_one(from, from - from / 9);
    }
    /* Most large ones can; xallocx shares realloc's way, so few would mean both lost it. */
    CHECK(grown > 120);
    CHECK(shrunk > 110);
    return failures();
}
