/*
 * phases: does one thing after the other, and marks where each begins by a write that
 * fails, which a trace of system calls shows. Linked with the library or not.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern int mtalloc_check(void) __attribute__((weak));
extern int mtalloc_dump_fd(int) __attribute__((weak));

static void *volatile kept[4096];

static void phase(const char *name) {
    if (write(-1, name, strlen(name)) >= 0)
        abort();
}

__attribute__((noinline)) static void allocate(unsigned number, int depth) {
    kept[number % 4096] = realloc(kept[number % 4096], 10 + number % 100000);
    if (depth > 0 && number & 1)
        allocate(number * 31 + 7, depth - 1);
    else if (depth > 0)
        allocate(number * 33 + 5, depth - 1);
}

static void *thread(void *unused) {
    phase("thread");
    for (unsigned i = 0; i < 2000; i++)
        free(malloc(i * 100));
    phase("program's own");
    return unused;
}

int main(void) {
    pthread_t other;
    char *volatile block = malloc(100);
    phase("allocation");
    for (unsigned i = 0; i < 3000; i++)
        allocate(i, 60);
    phase("program's own");
    if (pthread_create(&other, NULL, thread, NULL) == 0)
        pthread_join(other, NULL);
    if (!mtalloc_check)
        signal(SIGUSR1, SIG_IGN);
    phase("signal");
    kill(getpid(), SIGUSR1);
    phase("to descriptor");
    if (mtalloc_dump_fd)
        mtalloc_dump_fd(3);
    phase("check");
    if (mtalloc_check)
        mtalloc_check();
    phase("error");
    if (mtalloc_check) {
        free(block);
        free(block);
    }
    phase("program's own");
    phase("fork");
    pid_t child = fork();
    if (child == 0) {
        phase("fork");
        free(malloc(50));
        phase("program's own");
        _exit(0);
    }
    phase("program's own");
    waitpid(child, NULL, 0);
    phase("exit");
    return 0;
}
