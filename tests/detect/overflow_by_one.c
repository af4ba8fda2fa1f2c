/* expect: heap-buffer-overflow-write size=24 */
#include "detect/bug.h"

static void run(void) {
    char *block = allocate_block(24);
    write_at(block, bug ? 24 : 23);
    release_block(block);
}
