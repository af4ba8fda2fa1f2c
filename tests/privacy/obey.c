/*
 * obey: does what the lines of its standard input say, and prints a line for each: the
 * result of the call, or what it saw. Unknown words end it with status 2.
 */
#include "mtalloc/mtalloc.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* From so many stacks that a summary has hundreds of kilobytes. What comes behind the calls
 * keeps them calls, and apart. */
static void many(unsigned number, int depth);
__attribute__((noinline)) static void left(unsigned number, int depth) {
    many(number, depth);
    __asm__ volatile("# left");
}
__attribute__((noinline)) static void right(unsigned number, int depth) {
    many(number, depth);
    __asm__ volatile("# right");
}
__attribute__((noinline)) static void many(unsigned number, int depth) {
    free(malloc(10 + number % 100));
    if (depth > 0 && number >> depth & 1)
        left(number, depth - 1);
    else if (depth > 0)
        right(number, depth - 1);
    __asm__ volatile("# many");
}
static int many_stacks(void) {
    for (unsigned i = 0; i < 1000; i++)
        many(i, 10);
    return 0;
}

/* All memory that there is, in blocks that halve. */
static int exhaust_memory(void) {
    for (size_t bytes = (size_t)1 << 30; bytes >= 16; bytes /= 2)
        while (malloc(bytes))
            ;
    return malloc(1 << 20) != NULL;
}

static int exhaust_descriptors(void) {
    while (open("/dev/null", O_RDONLY) >= 0)
        ;
    return -errno;
}

/* Signals that writing may have left behind. */
static int pending(void) {
    sigset_t set;
    sigpending(&set);
    return sigismember(&set, SIGXFSZ) + sigismember(&set, SIGPIPE);
}

static char *volatile early; /* from before memory was out */

static int twice(void) {
    char *volatile block = early ? early : malloc(100);
    early = NULL;
    free(block);
    free(block);
    return 0;
}

static int enter(const char *path) {
    return chroot(path) == 0 && chdir("/") == 0 ? 0 : -errno;
}

static int limit_files(const char *bytes) {
    struct rlimit limit = {strtoul(bytes, NULL, 10), RLIM_INFINITY};
    return setrlimit(RLIMIT_FSIZE, &limit);
}

int main(void) {
    static char line[512], said[32];
    early = malloc(100);
    while (fgets(line, sizeof line, stdin) != NULL) {
        char *word = strtok(line, " \n"), *argument = strtok(NULL, " \n");
        int result;
        if (strcmp(word, "dump") == 0)
            result = mtalloc_dump();
        else if (strcmp(word, "check") == 0)
            result = mtalloc_check();
        else if (strcmp(word, "twice") == 0)
            result = twice();
        else if (strcmp(word, "many") == 0)
            result = many_stacks();
        else if (strcmp(word, "memory") == 0)
            result = exhaust_memory();
        else if (strcmp(word, "descriptors") == 0)
            result = exhaust_descriptors();
        else if (strcmp(word, "pending") == 0)
            result = pending();
        else if (strcmp(word, "chroot") == 0)
            result = enter(argument);
        else if (strcmp(word, "setuid") == 0)
            result =
                setgid((gid_t)atoi(argument)) || setuid((uid_t)atoi(argument)) ? -errno : 0;
        else if (strcmp(word, "file-size") == 0)
            result = limit_files(argument);
        else
            return 2;
        /* The limit on files is the program's own standard output's, too: a pipe has none.
         */
        int length = snprintf(said, sizeof said, "%d\n", result);
        if (write(1, said, (size_t)length) != length)
            return 3;
    }
    return 0;
}
