/*
 * ends HOW [ARGUMENT...]: allocates, prints its own count, and ends: return, exit, _exit,
 * kill, abort, segv; leak-free frees everything first; exec replaces it by ARGUMENT...;
 * error frees a block twice.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCKS 500

static void *blocks[BLOCKS];

__attribute__((noinline)) static void *make_block(size_t size) {
    return malloc(size);
}

int main(int argc, char **argv) {
    const char *how = argc > 1 ? argv[1] : "return";
    long bytes = 0;
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = make_block(i + 1);
        bytes += (long)i + 1;
    }
    int frees = !strcmp(how, "leak-free") ? BLOCKS : 0;
    for (int i = 0; i < frees; i++)
        free(blocks[i]);
    char line[100];
    int length = snprintf(line, sizeof line, "%d %ld %d %ld\n", BLOCKS, bytes, frees,
                          frees ? bytes : 0);
    if (write(1, line, (size_t)length) != length)
        return 9;
    if (!strcmp(how, "exit"))
        exit(5);
    if (!strcmp(how, "_exit"))
        _exit(6);
    if (!strcmp(how, "kill"))
        kill(getpid(), SIGKILL);
    if (!strcmp(how, "abort"))
        abort();
    if (!strcmp(how, "segv"))
        raise(SIGSEGV);
    if (!strcmp(how, "exec"))
        execv(argv[2], argv + 2);
    if (!strcmp(how, "error")) {
        free(blocks[7]);
        free(blocks[7]);
    }
    return 0;
}
