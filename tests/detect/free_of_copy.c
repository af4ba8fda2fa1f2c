/* expect: invalid-free */
#include "detect/bug.h"

/* A block copied with its header is no block: the check covers the block's own address. */
static void run(void) {
    char *volatile block = allocate_block(64), *volatile place = allocate_block(256);
    memset(place, 0, 256);
    if (bug)
        for (int i = 0; i < 16 + 64; i++)
            place[i] = block[i - 16];
    release_block(bug ? place + 16 : place);
    release_block(block);
}
