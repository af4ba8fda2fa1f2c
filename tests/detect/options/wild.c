/* Frees what is no block: wild KIND. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static char *mapping(void) {
    char *volatile two =
        mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return two;
}

int main(int argc, char **argv) {
    const char *kind = argc > 1 ? argv[1] : "";
    char *volatile block = malloc(64), *volatile freed = malloc(64), *volatile place;
    free(freed);
    if (!strcmp(kind, "argument"))
        place = argv[1];
    else if (!strcmp(kind, "mapped"))
        place = mapping() + 4096;
    else if (!strcmp(kind, "after_hole")) {
        place = mapping() + 4096;
        munmap(place - 4096, 4096);
    } else if (!strcmp(kind, "unmapped")) {
        place = mapping();
        munmap(place, 8192);
    } else if (!strcmp(kind, "in_freed"))
        place = freed + 48;
    else if (!strcmp(kind, "overrun")) {
        /* Two blocks side by side; the first one's overflow reaches the second's header. */
        char *volatile other = block, *volatile next;
        for (int i = 0; i < 100 && other; i++, other = next)
            if ((next = malloc(64)) == other + 96) {
                for (int at = 0; at < 96; at++) /* never what a canary happens to be */
                    other[at] = (char)~other[at];
                free(next);
            }
        return 3;
    } else
        return 2;
    free(place);
    puts("went on");
    free(block);
    return 0;
}
