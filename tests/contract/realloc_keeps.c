/* realloc keeps the contents up to the smaller size, over all size classes. */
#include "contract/check.h"
#include <malloc.h>

static void from_to(void *block, size_t from, size_t to) {
    fill(block, from, (unsigned)to);
    char *moved = realloc(block, to);
    CHECK_AT(moved != NULL, from);
    CHECK_AT(is_filled(moved, from < to ? from : to, (unsigned)to), from);
    memset(moved, 0x11, to);
    free(moved);
}

static void around(size_t from) {
    size_t to[] = {
        from + 1,     from + 8,     from + 16,       from + from / 8 + 1,     from * 2,
        from * 4 + 3, from / 2 + 1, from - from / 8, from > 1 ? from - 1 : 1, 1,
        from};
    for (size_t i = 0; i < sizeof to / sizeof *to; i++) {
        from_to(malloc(from), from, to[i]);
        if (i % 3 == 0)
            from_to(memalign(from % 2 ? 64 : 4096, from), from, to[i]);
    }
}

/* Grows and shrinks one block many times, as a string or a vector does. */
static void step_by_step(void) {
    char *block = NULL;
    for (size_t size = 1; size < 300000; size += 1 + size / 40) {
        block = realloc(block, size);
        block[size - 1] = (char)size;
    }
    for (size_t size = 1; size < 300000; size += 1 + size / 40)
        CHECK_AT(block[size - 1] == (char)size, size);
    for (size_t size = 290000; size > 1; size -= 1 + size / 40) {
        block = realloc(block, size);
        CHECK_AT(block[0] == 1, size);
    }
    free(block);
}

int main(void) {
    for (size_t from = 1; from <= 300; from++)
        around(from);
    for (size_t from = 301; from < 5 << 20; from += from / 7)
        around(from);
    step_by_step();
    return failures();
}
