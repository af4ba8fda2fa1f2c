/* expect: heap-buffer-overflow-write size=63 */
#include "detect/bug.h"

__attribute__((noinline)) static char *allocate_block_zeroed(size_t count, size_t size) {
    char *volatile block = calloc(count, size);
    return block;
}

static void run(void) {
    char *block = allocate_block_zeroed(9, 7);
    write_at(block, bug ? 63 : 62);
    release_block(block);
}
