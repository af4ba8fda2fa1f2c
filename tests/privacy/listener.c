/*
 * listener [FILE]: allocates, sends itself SIGUSR1, and says what came of it. With FILE it
 * opens that first, as a daemon would its database, in place of the standard descriptors
 * (closed at start already or not). Then it frees a block twice.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv) {
    for (int i = 0; argc > 1 && i < 3; i++)
        close(i);
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
