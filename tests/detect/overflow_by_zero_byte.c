/* expect: heap-buffer-overflow-write size=5 */
#include "detect/bug.h"

/* The terminating zero of a string has no place. */
static void run(void) {
    char *block = allocate_block(5);
    memcpy(block, "12345", bug ? 5 : 4);
    char *volatile end = block + (bug ? 5 : 4);
    *end = '\0';
    release_block(block);
}
