/* expect: heap-buffer-overflow-write size=0 */
#include "detect/bug.h"

static void run(void) {
    char *block = allocate_block(0);
    if (bug)
        write_at(block, 0);
    release_block(block);
}
