/* expect: heap-buffer-overflow-write size=1000 */
#include "detect/bug.h"

__attribute__((noinline)) static char *allocate_block_aligned(size_t size) {
    char *volatile block = memalign(512, size);
    return block;
}

static void run(void) {
    char *block = allocate_block_aligned(1000);
    write_at(block, bug ? 1000 : 999);
    release_block(block);
}
