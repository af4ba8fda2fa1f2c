/*
 * listener [FILE]: allocates, sends itself SIGUSR1, and says what came of it. With FILE it
 * opens that first, as a program would its database; started without standard descriptors
 * it becomes descriptor 0, and then 1 and 2. Then frees a block twice.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv) {
    for (int i = 0; argc > 1 && i < 3; i++)
        if (open(argv[1], O_WRONLY | O_CREAT | O_APPEND, 0600) != i)
            return 9;
    char *volatile block = malloc(100);
    raise(SIGUSR1);
    if (argc > 1) {
        free(block);
        free(block);
    }
    return 0;
}
