/*
 * unreadable SIZE: a live block with a page that nobody may read, and pointers before and
 * behind that page; prints what mtalloc_leaks() calls lost.
 */
#include "leaks.h"
#include "mtalloc/mtalloc.h"
#include <sys/mman.h>

#define PAGE 4096

static void **block;

APART static void fill(size_t size) {
    block = aligned_alloc(PAGE, size);
    memset(block, 0, size);
    block[0] = malloc(1000);
    block[size / sizeof *block - 1] = malloc(2000);
}

int main(int argc, char **argv) {
    size_t size = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    if (size < 3 * PAGE)
        return 2;
    fill(size);
    wipe_stack();
    char *inside = (char *)block + PAGE;
    if (mprotect(inside, PAGE, PROT_NONE) != 0)
        return 1;
    printf("%d\n", mtalloc_leaks(MTALLOC_LEAKS_REACHABLE));
    return mprotect(inside, PAGE, PROT_READ | PROT_WRITE) != 0;
}
