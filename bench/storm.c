/*
 * storm SIGNALS: how long a SIGUSR1 takes that asks for a summary which the rate forbids.
 * Four threads allocate meanwhile. Prints microseconds a signal, from kill() to its return:
 * with the handler that is there (the library's), then with one that does nothing, five
 * times in turns, the median of each.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 4, RUNS = 5 };

static atomic_int stop;

static void *work(void *unused) {
    void *kept[16] = {0};
    for (unsigned i = 0; !atomic_load(&stop); i++) {
        free(kept[i % 16]);
        kept[i % 16] = malloc(16 + i % 200);
        if (i % 1024 == 0)
            (void)usleep(1000); /* on a small machine the signals shall get their turn */
    }
    for (int i = 0; i < 16; i++)
        free(kept[i]);
    return unused;
}

static void nothing(int number) {
    (void)number;
}

static double microseconds_each(long signals) {
    struct timespec from, to;
    pid_t self = getpid();
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (long i = 0; i < signals; i++)
        kill(self, SIGUSR1);
    clock_gettime(CLOCK_MONOTONIC, &to);
    return ((double)(to.tv_sec - from.tv_sec) * 1e6 +
            (double)(to.tv_nsec - from.tv_nsec) * 1e-3) /
           (double)signals;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    pthread_t thread[THREADS];
    double with[RUNS], without[RUNS];
    long signals = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
    struct sigaction kept, empty = {.sa_handler = nothing, .sa_flags = SA_RESTART};
    sigset_t usr1;
    /* A handler of the threads' would count as well, but not here. */
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    if (signals <= 0 || sigaction(SIGUSR1, NULL, &kept) != 0 ||
        kept.sa_handler == SIG_DFL || pthread_sigmask(SIG_BLOCK, &usr1, NULL) != 0)
        return 2;
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&thread[i], NULL, work, NULL) != 0)
            return 1;
    pthread_sigmask(SIG_UNBLOCK, &usr1, NULL);
    kill(getpid(), SIGUSR1); /* the one that is written */
    for (int run = 0; run < RUNS; run++) {
        with[run] = microseconds_each(signals);
        sigaction(SIGUSR1, &empty, NULL);
        without[run] = microseconds_each(signals);
        sigaction(SIGUSR1, &kept, NULL);
    }
    atomic_store(&stop, 1);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    qsort(with, RUNS, sizeof *with, compare);
    qsort(without, RUNS, sizeof *without, compare);
    printf("%.2f %.2f\n", with[RUNS / 2], without[RUNS / 2]);
    return 0;
}
