/* expect: double-free size=64 */
#include "detect/bug.h"

static void run(void) {
    char *block = allocate_block(64), *other[10];
    for (int i = 0; i < 10; i++)
        other[i] = allocate_block(64);
    release_block(block);
    for (int i = 0; i < 10; i++)
        release_block(other[i]);
    if (bug)
        release_block(block);
}
