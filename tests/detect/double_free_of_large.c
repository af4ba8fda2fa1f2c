/* expect: double-free size=100000 */
#include "detect/bug.h"

static void run(void) {
    char *block = allocate_block(100000);
    release_block(block);
    if (bug)
        release_block(block);
}
