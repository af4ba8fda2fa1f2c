/* Eight threads fork while all of them allocate; children allocate, some fork again, some
 * end by exit and some by _exit. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 8
#define FORKS   25

static _Atomic int wrong;

static int work(int n) {
    char *blocks[50];
    for (int i = 0; i < 50; i++)
        memset(blocks[i] = malloc((size_t)(i * n % 3000 + 1)), n,
               (size_t)(i * n % 3000 + 1));
    int sum = 0;
    for (int i = 0; i < 50; i++) {
        sum += blocks[i][0] == (char)n;
        free(blocks[i]);
    }
    return sum == 50 ? 0 : 1;
}

static void child(int n) {
    int bad = work(n);
    if (n % 5 == 0) {
        pid_t again = fork();
        int status;
        if (again == 0)
            _exit(work(n + 1));
        if (again < 0 || waitpid(again, &status, 0) != again || status)
            bad = 1;
    }
    if (n % 3 == 0)
        exit(bad);
    _exit(bad);
}

static void *forker(void *number) {
    for (int i = 0; i < FORKS; i++) {
        int n = (int)(long)number * FORKS + i + 1, status;
        pid_t pid = fork();
        if (pid == 0)
            child(n);
        wrong += work(n);
        if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
            wrong++;
    }
    return NULL;
}

int main(void) {
    pthread_t threads[THREADS];
    for (long i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, forker, (void *)i);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    printf("%d wrong\n", wrong);
    return wrong != 0;
}
