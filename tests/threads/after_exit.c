/*
 * Blocks freed after their thread's end: by others, by destructors of thread-specific
 * data, and, last of all, what the destructors of destructors left.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define THREADS 100
#define SIZE    72

static pthread_key_t first, second;
static void *left[THREADS][2];
static _Thread_local void *volatile of_thread;

__attribute__((noinline)) static void *make_block(void) {
    return malloc(SIZE);
}

/* Runs at the end of the thread: frees, allocates, and asks for another round. */
static void destroy_first(void *block) {
    free(block);
    pthread_setspecific(second, make_block());
}
static void destroy_second(void *block) {
    free(block);
    void **mine = of_thread;
    mine[1] = make_block();
}

static void *work(void *argument) {
    void **mine = argument;
    of_thread = mine;
    mine[0] = make_block();
    pthread_setspecific(first, make_block());
    return NULL;
}

int main(void) {
    pthread_t thread[THREADS];
    pthread_key_create(&first, destroy_first);
    pthread_key_create(&second, destroy_second);
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&thread[i], NULL, work, left[i]))
            return 1;
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    for (int i = 0; i < THREADS; i++)
        free(left[i][0]), free(left[i][1]);
    long all = THREADS * 4L;
    printf("%ld %ld %ld %ld\n", all, all * SIZE, all, all * SIZE);
    return 0;
}
