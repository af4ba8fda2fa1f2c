/*
 * secrets MAPS MODE: reads four words from standard input and plants them in small, large
 * and freed blocks and on the stack, beside what is in its arguments, environment, thread
 * name and file names. Then makes the library write: MODE is signal, exit, api, outside
 * (prints "ready" and waits) or the name of a heap error. Copies /proc/self/maps to MAPS.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

extern int mtalloc_dump(void) __attribute__((weak));

static char *volatile planted[8];

/* `size` bytes full of the word, for the scan must find it wherever it is cut. */
__attribute__((noinline)) static char *plant(const char *word, size_t size) {
    char *block = malloc(size);
    size_t length = strlen(word);
    for (size_t i = 0; i < size; i++)
        block[i] = word[i % length];
    return block;
}

static void copy_maps(const char *to) {
    static char buffer[1 << 20];
    int from = open("/proc/self/maps", O_RDONLY),
        out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    size_t used = 0;
    ssize_t got;
    while ((got = read(from, buffer + used, sizeof buffer - used)) > 0)
        used += (size_t)got;
    if (write(out, buffer, used) != (ssize_t)used)
        abort();
    close(from), close(out);
}

__attribute__((noinline)) static void heap_error(const char *mode) {
    static char global[64];
    char *volatile block = planted[0];
    if (!strcmp(mode, "overflow"))
        memcpy(block + 48, planted[1], 16);
    else if (!strcmp(mode, "underflow"))
        memcpy(block - 16, planted[1], 16);
    else if (!strcmp(mode, "double-free"))
        free(block);
    else if (!strcmp(mode, "invalid-free"))
        block = memcpy(global, planted[1], 64) + 32;
    free(block);
}

int main(int argc, char **argv) {
    char words[4][64], on_stack[256];
    if (argc < 3)
        return 2;
    for (int i = 0; i < 4; i++)
        if (scanf("%63s", words[i]) != 1)
            return 2;
    planted[0] = plant(words[0], 48);
    planted[1] = plant(words[1], 1 << 20);
    planted[2] = plant(words[2], 64);
    planted[3] = plant(words[2], 200000);
    free(planted[2]), free(planted[3]);
    snprintf(on_stack, sizeof on_stack, "%s%s%s", words[3], words[3], words[3]);
    planted[4] = on_stack;
    planted[5] = strdup(getenv("SECRET") ? getenv("SECRET") : "none");
    prctl(PR_SET_NAME, argv[argc - 1]);
    copy_maps(argv[1]);
    if (!strcmp(argv[2], "signal"))
        raise(SIGUSR1);
    else if (!strcmp(argv[2], "api"))
        return mtalloc_dump ? mtalloc_dump() : 3;
    else if (!strcmp(argv[2], "outside"))
        puts("ready"), fflush(stdout), sleep(60);
    else if (strcmp(argv[2], "exit") != 0)
        heap_error(argv[2]);
    return 0;
}
