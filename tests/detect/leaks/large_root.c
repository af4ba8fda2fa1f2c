/* large_root: loses a block in a program with 256 MiB of its own that are mapped shared. */
#include "leaks.h"
#include <sys/mman.h>

APART static void lose(void) {
    void *volatile block = malloc(1000);
    HOLD(block);
    block = NULL;
}

int main(void) {
    size_t bytes = (size_t)256 << 20;
    void *memory =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return 1;
    memset(memory, 1, bytes);
    lose();
    wipe_stack();
    return 0;
}
