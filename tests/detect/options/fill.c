/* What new, freed, grown and cut memory holds under option `fill`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *volatile kept;

int main(void) {
    unsigned char *volatile block = kept = malloc(5000), *volatile zeroed;
    printf("new %02x %02x", block[0], block[4999]);
    memset(block, 1, 5000);
    block = realloc(block, 5100); /* in place: one class */
    printf(" grown %02x %02x", block[4999], block[5099]);
    memset(block, 1, 5100);
    block = realloc(block, 5000);
    printf(" cut %02x", block[5050]);
    free(block);
    printf(" freed %02x", block[3000]);
    zeroed = calloc(1, 5000);
    printf(" zeroed %02x\n", zeroed[4000]);
    free(zeroed);
    return 0;
}
