/* expect: heap-buffer-overflow-write size=100 */
#include "detect/bug.h"

static void run(void) {
    char *block = allocate_block(100);
    write_at(block, bug ? 100 : 99);
    char *volatile moved = realloc(block, 200);
    if (!bug)
        release_block(moved);
}
