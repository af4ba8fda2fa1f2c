/*
 * storm SIGNALS: four threads allocate and free a known number of blocks while the process
 * is sent SIGUSR1 SIGNALS times. Prints how many allocations that were.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static atomic_int stop;
static atomic_ulong done;

static void *work(void *unused) {
    unsigned long count = 0;
    void *kept[16] = {0};
    while (!atomic_load(&stop)) {
        void **slot = &kept[count % 16];
        free(*slot);
        *slot = malloc(16 + count++ % 200);
    }
    for (int i = 0; i < 16; i++)
        free(kept[i]);
    atomic_fetch_add(&done, count);
    return unused;
}

int main(int argc, char **argv) {
    pthread_t thread[4];
    long signals = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
    for (int i = 0; i < 4; i++)
        if (pthread_create(&thread[i], NULL, work, NULL))
            return 1;
    for (long i = 0; i < signals; i++)
        kill(getpid(), SIGUSR1);
    atomic_store(&stop, 1);
    for (int i = 0; i < 4; i++)
        pthread_join(thread[i], NULL);
    printf("%lu\n", atomic_load(&done));
    return 0;
}
