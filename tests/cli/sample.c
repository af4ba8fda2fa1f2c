/* A program that ends in the way its argument names, holding ten blocks of 1,000 bytes. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define BLOCKS 10
static volatile char *kept[BLOCKS];

__attribute__((noinline)) static void keep(void) {
    for (int i = 0; i < BLOCKS; i++)
        kept[i] = malloc(1000);
}

__attribute__((noinline)) static void release(int count) {
    for (int i = 0; i < count; i++)
        free((void *)kept[i]);
}

static int end(const char *how) {
    if (!strcmp(how, "kill"))
        return kill(getpid(), SIGKILL);
    if (!strcmp(how, "_exit"))
        _exit(3);
    if (!strcmp(how, "overflow"))
        kept[0][1001] ^= 1; /* whatever the canary there is */
    if (!strcmp(how, "exec"))
        execlp("sleep", "sleep", "0", (char *)NULL);
    if (!strcmp(how, "tidy"))
        return printf("tidy\n") < 0;
    if (!strcmp(how, "undumpable"))
        prctl(PR_SET_DUMPABLE, 0);
    if (!strcmp(how, "wait") || !strcmp(how, "undumpable")) {
        printf("ready\n");
        fflush(stdout);
        for (;;)
            pause();
    }
    return atoi(how);
}

int main(int argc, char **argv) {
    const char *how = argc > 1 ? argv[1] : "0";
    keep();
    if (!strcmp(how, "tidy") || !strcmp(how, "overflow")) {
        int status = end(how);
        release(BLOCKS);
        return status;
    }
    return end(how);
}
