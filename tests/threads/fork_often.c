/*
 * Forks 500 times while other threads allocate; every child allocates, frees what its
 * parent made, and ends by exit or _exit. Prints what the parent itself counted.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 3
#define FORKS   500
#define SIZE    48

static atomic_int stop;
static long made[THREADS + 1];

__attribute__((noinline)) static char *make_block(long *count) {
    char *block = malloc(SIZE);
    memset(block, 1, SIZE);
    ++*count;
    return block;
}

static void *work(void *argument) {
    long *count = argument;
    while (!stop) {
        char *block[50];
        for (int i = 0; i < 50; i++)
            block[i] = make_block(count);
        for (int i = 0; i < 50; i++)
            free(block[i]);
        if (*count % 200 == 0)
            usleep(20); /* leaves some of the processor to the children */
    }
    return NULL;
}

static void child(int round, char *inherited) {
    long count = 0;
    for (int i = 0; i < 20; i++)
        free(make_block(&count));
    char *grown = realloc(make_block(&count), 5000);
    memset(grown, 2, 5000);
    free(inherited);
    if (round % 2)
        _exit(7);
    exit(7);
}

int main(void) {
    pthread_t thread[THREADS];
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&thread[i], NULL, work, &made[i]))
            return 1;
    for (int round = 0; round < FORKS; round++) {
        char *block = make_block(&made[THREADS]);
        pid_t pid = fork();
        if (pid < 0)
            return 2;
        if (pid == 0)
            child(round, block);
        int status = 0;
        if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
            WEXITSTATUS(status) != 7)
            return 3;
        free(block);
    }
    stop = 1;
    long sum = made[THREADS];
    for (int i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        sum += made[i];
    }
    printf("%ld %ld %ld %ld\n", sum, sum * SIZE, sum, sum * SIZE);
    return 0;
}
