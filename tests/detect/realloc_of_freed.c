/* expect: double-free size=40 */
#include "detect/bug.h"

static void run(void) {
    void *volatile block = allocate_block(40);
    if (bug)
        release_block(block);
    void *volatile moved = realloc(block, 80);
    if (!bug)
        release_block(moved);
}
