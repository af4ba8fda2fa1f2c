/* Prints AT_SECURE and sends itself SIGUSR1; set-user-ID and linked with the library. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>

extern int mtalloc_dump(void);

int main(void) {
    char *volatile block = malloc(100);
    printf("%lu %d\n", getauxval(AT_SECURE), mtalloc_dump());
    fflush(stdout);
    raise(SIGUSR1);
    free(block);
    puts("survived");
    return 0;
}
