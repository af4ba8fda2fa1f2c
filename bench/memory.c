/*
 * memory THREADS: main and that many threads each take some blocks from a few places and
 * let go of half of them; while all are still there, prints what the process holds in KiB:
 * memory of its own, and with mapped files.
 */
#include <pthread.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { THREADS_MOST = 256, BLOCKS = 128 };

static pthread_barrier_t all_there, measured;

static __attribute__((noinline)) void *some(size_t size) {
    return malloc(size);
}

static void work(void) {
    void *block[BLOCKS];
    for (int i = 0; i < BLOCKS; i++)
        block[i] = i % 4 == 0   ? some(16)
                   : i % 4 == 1 ? malloc(100)
                   : i % 4 == 2 ? calloc(3, 20)
                                : strdup("as a program would");
    for (int i = 0; i < BLOCKS; i += 2)
        free(block[i]);
}

static void *thread_main(void *unused) {
    (void)unused;
    work();
    pthread_barrier_wait(&all_there);
    pthread_barrier_wait(&measured);
    return NULL;
}

/* A line of /proc/self/status, read without stdio, which allocates. */
static long kib(const char *status, const char *name) {
    const char *line = strstr(status, name);
    return line ? strtol(line + strlen(name), NULL, 10) : 0;
}

int main(int argc, char **argv) {
    static pthread_t thread[THREADS_MOST];
    static char status[8192];
    int count = argc > 1 ? atoi(argv[1]) : 0;
    if (count < 0 || count > THREADS_MOST)
        return 2;
    pthread_barrier_init(&all_there, NULL, (unsigned)count + 1);
    pthread_barrier_init(&measured, NULL, (unsigned)count + 1);
    for (int i = 0; i < count; i++)
        if (pthread_create(&thread[i], NULL, thread_main, NULL) != 0)
            return 1;
    work();
    pthread_barrier_wait(&all_there);
    int fd = open("/proc/self/status", O_RDONLY);
    if (fd < 0 || read(fd, status, sizeof status - 1) <= 0)
        return 1;
    pthread_barrier_wait(&measured);
    for (int i = 0; i < count; i++)
        pthread_join(thread[i], NULL);
    printf("%ld %ld\n", kib(status, "\nRssAnon:") + kib(status, "\nRssShmem:"),
           kib(status, "\nVmRSS:"));
    return 0;
}
