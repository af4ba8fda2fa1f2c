/* expect: heap-buffer-underflow-write */
#include "detect/bug.h"

/* Damage at distance DISTANCE, 1 to 16. */
static void run(void) {
    const char *distance = getenv("DISTANCE");
    char *block = allocate_block(100);
    write_at(block, bug && distance ? -atoi(distance) : 0);
    release_block(block);
}
