/* expect: heap-buffer-overflow-write size=32 */
#include "detect/bug.h"

static void run(void) {
    char *block = allocate_block(32);
    memset(block, 'X', bug ? 32 + 16 : 32);
    release_block(block);
}
