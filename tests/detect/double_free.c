/* expect: double-free size=40 */
#include "detect/bug.h"

static void run(void) {
    char *block = allocate_block(40);
    release_block(block);
    if (bug)
        release_block(block);
}
