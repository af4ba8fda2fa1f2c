/* expect: invalid-free */
#include "detect/bug.h"

static _Alignas(16) char global[64] = {1};

static void run(void) {
    release_block(bug ? global + 32 : allocate_block(64));
}
