/* Quarantine under pressure: its bound, threads that end, forked children, and memory that
 * runs out. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void churn(unsigned rounds) {
    for (unsigned i = 0; i < rounds; i++) {
        char *volatile block = malloc(1000 + i % 3000);
        memset(block, 3, 1000);
        free(block);
    }
}

static void *thread(void *unused) {
    churn(2000);
    return unused;
}

static void threads(void) {
    for (int round = 0; round < 25; round++) {
        pthread_t all[4];
        for (int i = 0; i < 4; i++)
            pthread_create(&all[i], NULL, thread, NULL);
        for (int i = 0; i < 4; i++)
            pthread_join(all[i], NULL);
    }
}

/* A child verifies at its exit what its parent freed. */
static int child(char *block) {
    free(block);
    pid_t pid = fork();
    if (pid == 0) {
        block[7] ^= 1;
        churn(100);
        exit(0);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/* What waits is given back when nothing else is left. */
static void exhaustion(void) {
    struct rlimit limit = {600ul << 20, 600ul << 20};
    setrlimit(RLIMIT_AS, &limit);
    for (int i = 0; i < 200; i++) {
        char *volatile block = malloc(20 << 20);
        if (!block) {
            puts("out of memory");
            exit(1);
        }
        free(block);
    }
}

int main(int argc, char **argv) {
    struct rusage usage;
    const char *what = argc > 1 ? argv[1] : "";
    if (!strcmp(what, "bound"))
        churn(200000);
    else if (!strcmp(what, "threads"))
        threads();
    else if (!strcmp(what, "fork"))
        printf("%d ", child(malloc(100)));
    else if (!strcmp(what, "exhaustion"))
        exhaustion();
    getrusage(RUSAGE_SELF, &usage);
    printf("%ld\n", usage.ru_maxrss / 1024);
    return 0;
}
