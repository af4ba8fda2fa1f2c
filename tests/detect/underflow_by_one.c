/* expect: heap-buffer-underflow-write */
#include "detect/bug.h"

static void run(void) {
    char *block = allocate_block(24);
    write_at(block, bug ? -1 : 0);
    release_block(block);
}
