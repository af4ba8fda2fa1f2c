/*
 * cancelled TIMES: four threads that allocate without end are cancelled, at cancellation
 * points (deferred: in the midst of malloc POSIX allows no other). What they hold is freed
 * by cleanup handlers and by destructors of their own data; a block is left to the main
 * thread. Prints "allocs bytes frees bytes" of make_block.
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define SIZE 40
#define HELD 5

static pthread_key_t own_data;
static sem_t busy;
static _Atomic long blocks, freed;

__attribute__((noinline)) static void *make_block(void) {
    blocks++;
    return malloc(SIZE);
}

static void drop(void *block) {
    freed++;
    free(block);
}

/* A handler may allocate, too. */
static void clean_up(void *held) {
    void **block = held;
    for (int i = 0; i < HELD; i++)
        drop(block[i]);
    drop(make_block());
}

static void at_its_end(void *block) {
    drop(block);
    drop(make_block());
}

static void *work(void *place) {
    void *held[HELD];
    for (int i = 0; i < HELD; i++)
        held[i] = make_block();
    pthread_setspecific(own_data, make_block());
    *(void **)place = make_block();
    pthread_cleanup_push(clean_up, held);
    sem_post(&busy);
    for (;;) {
        drop(make_block());
        pthread_testcancel();
        nanosleep(&(struct timespec){.tv_nsec = 1000}, NULL); /* a cancellation point */
    }
    pthread_cleanup_pop(1);
    return NULL;
}

int main(int argc, char **argv) {
    long times = argc > 1 ? atol(argv[1]) : 1;
    alarm(50);
    if (sem_init(&busy, 0, 0) || pthread_key_create(&own_data, at_its_end))
        return 1;
    for (long i = 0; i < times; i++) {
        pthread_t thread[4];
        void *left[4], *result;
        for (int j = 0; j < 4; j++)
            if (pthread_create(&thread[j], NULL, work, &left[j]))
                return 1;
        for (int j = 0; j < 4; j++)
            while (sem_wait(&busy))
                ;
        for (int j = 0; j < 4; j++)
            pthread_cancel(thread[j]);
        for (int j = 0; j < 4; j++) {
            pthread_join(thread[j], &result);
            if (result != PTHREAD_CANCELED)
                return 1;
            drop(left[j]);
        }
    }
    printf("%ld %ld %ld %ld\n", blocks, blocks * SIZE, freed, freed * SIZE);
    return blocks != freed;
}
