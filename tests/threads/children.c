/*
 * children COUNT HOW [closed]: has COUNT children, one after the other, in each of two
 * threads, while a third one allocates and a fourth writes summaries. Each child allocates
 * 10 blocks, writes a summary and ends by _exit. HOW: fork, _Fork, or clone, the system
 * call. Prints what the parent itself allocated: "ALLOCATIONS BYTES FREES BYTES".
 */
#include "mtalloc/mtalloc.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 2
#define SIZE    40

#pragma weak mtalloc_dump_fd

static int count;
static const char *how;
static atomic_int stop, wrong;
static atomic_long made;

__attribute__((noinline)) static void *make_block(void) {
    return malloc(SIZE);
}
__attribute__((noinline)) static void *in_child(void) {
    return malloc(SIZE);
}

static void child(void *inherited) {
    void *block[10];
    for (int i = 0; i < 10; i++)
        block[i] = in_child();
    for (int i = 0; i < 5; i++)
        free(block[i]);
    free(inherited);
    /* Whatever the parent's other threads were at. */
    _exit(mtalloc_dump_fd(open("/dev/null", O_WRONLY)) == 0 && block[9] ? 7 : 8);
}

static pid_t start(void) {
    if (!strcmp(how, "clone"))
        return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    return !strcmp(how, "_Fork") ? _Fork() : fork();
}

static void *have_children(void *unused) {
    for (int i = 0; i < count; i++) {
        void *block = make_block();
        int status = 0;
        made++;
        pid_t pid = start();
        if (pid == 0)
            child(block);
        if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
            WEXITSTATUS(status) != 7)
            wrong++;
        free(block);
    }
    return unused;
}

/* A child of _Fork or clone has the allocator's locks as they were: no other thread may be
 * inside of it then. */
static void *allocate(void *unused) {
    while (!stop && !strcmp(how, "fork")) {
        free(make_block());
        made++;
    }
    return unused;
}

static void *dump(void *unused) {
    int null = open("/dev/null", O_WRONLY);
    while (!stop)
        (void)mtalloc_dump_fd(null);
    return unused;
}

int main(int argc, char **argv) {
    pthread_t parents[THREADS], others[2];
    count = argc > 1 ? atoi(argv[1]) : 1;
    how = argc > 2 ? argv[2] : "fork";
    if (argc > 3) /* as daemons do */
        (void)close_range(3, ~0u, 0);
    int threads = !strcmp(how, "fork") ? THREADS : 1;
    if (pthread_create(&others[0], NULL, allocate, NULL) ||
        pthread_create(&others[1], NULL, dump, NULL))
        return 1;
    for (int i = 0; i < threads; i++)
        if (pthread_create(&parents[i], NULL, have_children, NULL))
            return 2;
    for (int i = 0; i < threads; i++)
        pthread_join(parents[i], NULL);
    stop = 1;
    pthread_join(others[0], NULL);
    pthread_join(others[1], NULL);
    printf("%ld %ld %ld %ld\n", made, made * SIZE, made, made * SIZE);
    return wrong > 0;
}
