/*
 * limits THREADS UP DOWN TIMES: THREADS threads bring what grow() holds to UP MiB and down
 * to DOWN MiB, TIMES times, all together. One block in ten is other()'s.
 */
#include <pthread.h>
#include <stdlib.h>

#define BLOCK       1000
#define BLOCKS_MOST 100000

static pthread_barrier_t all_there;
static size_t up, down;
static int times;

__attribute__((noinline)) static void *grow(void) {
    return malloc(BLOCK);
}

__attribute__((noinline)) static void *other(void) {
    return malloc(BLOCK / 10);
}

static void *work(void *unused) {
    static __thread void *held[BLOCKS_MOST];
    size_t count = 0;
    for (int i = 0; i < times; i++) {
        for (; count < up; count++) {
            held[count] = grow();
            if (count % 10 == 0)
                free(other());
        }
        pthread_barrier_wait(&all_there);
        while (count > down)
            free(held[--count]);
        pthread_barrier_wait(&all_there);
    }
    return unused;
}

int main(int argc, char **argv) {
    size_t threads = argc > 4 ? (size_t)atoi(argv[1]) : 0;
    pthread_t thread[16];
    if (threads < 1 || threads > 16)
        return 2;
    up = (size_t)atoi(argv[2]) * (1 << 20) / BLOCK / threads;
    down = (size_t)atoi(argv[3]) * (1 << 20) / BLOCK / threads;
    times = atoi(argv[4]);
    if (up > BLOCKS_MOST)
        return 2;
    pthread_barrier_init(&all_there, NULL, (unsigned)threads);
    for (size_t i = 0; i < threads; i++)
        if (pthread_create(&thread[i], NULL, work, NULL))
            return 1;
    for (size_t i = 0; i < threads; i++)
        pthread_join(thread[i], NULL);
    return 0;
}
