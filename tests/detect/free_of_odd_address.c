/* expect: invalid-free */
#include "detect/bug.h"

static void run(void) {
    char *block = allocate_block(256);
    memset(block, 0x41, 256);
    release_block(bug ? block + 1 : block);
}
