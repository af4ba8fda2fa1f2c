/* expect: heap-buffer-overflow-write size=3000000 */
#include "detect/bug.h"

static void run(void) {
    char *block = allocate_block(3000000);
    write_at(block, bug ? 3000000 : 2999999);
    release_block(block);
}
