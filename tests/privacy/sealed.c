/*
 * Allocates from many places, and asks for summaries: by signal twice, with nothing in
 * between, then in a forked child. Prints whether libsodium is loaded.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noinline)) static void nested(unsigned number, int depth) {
    free(malloc(10 + number % 100));
    if (depth > 0 && number & 4)
        nested(number * 31 + 7, depth - 1);
    else if (depth > 0)
        nested(number * 33 + 5, depth - 1);
    free(malloc(20 + number % 300));
}

static int is_loaded(const char *name) {
    static char line[4096];
    FILE *maps = fopen("/proc/self/maps", "r");
    int found = 0;
    while (maps && fgets(line, sizeof line, maps))
        found |= strstr(line, name) != NULL;
    if (maps)
        fclose(maps);
    return found;
}

int main(void) {
    for (unsigned i = 0; i < 200; i++)
        nested(i, (int)(i % 90));
    printf("%d\n", is_loaded("libsodium"));
    fflush(stdout);
    raise(SIGUSR1);
    raise(SIGUSR1);
    if (fork() == 0) {
        raise(SIGUSR1);
        _exit(0);
    }
    wait(NULL);
    return 0;
}
