/* waiting bug|correct: a write into a freed block that waits in quarantine, and a check. A
 * second block that waits shows that checking lets none go. */
#include "mtalloc/mtalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
    char *volatile block = malloc(100), *volatile other = malloc(100);
    free(block);
    free(other);
    if (argc > 1 && strcmp(argv[1], "bug") == 0)
        block[7] ^= 0x55;
    printf("%d\n", mtalloc_check());
    printf("%d\n", mtalloc_check());
    for (int i = 0; i < 1000; i++)
        if (malloc(100) == other)
            puts("used again");
    return 0;
}
