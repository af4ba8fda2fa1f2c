/* Calls malloc alone; the rest of the family is wanted by libc's own code, after the
 * library's turn in a static link. */
#include <stdio.h>
#include <stdlib.h>

int main(void) {
    char *volatile block = malloc(100);
    printf("%d\n", block != NULL);
    return 0;
}
