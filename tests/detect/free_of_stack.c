/* expect: invalid-free */
#include "detect/bug.h"

static void run(void) {
    _Alignas(16) char array[64];
    memset(array, 1, sizeof array);
    void *block = allocate_block(64);
    memcpy(block, array, sizeof array);
    release_block(bug ? array + 32 : block);
}
