/* forked: a child of a process with another thread loses a block, then the parent. */
#include "leaks.h"
#include "mtalloc/mtalloc.h"
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

APART static void lose(void) {
    void *volatile block = malloc(50000);
    HOLD(block);
    block = NULL;
}

static void *wait_here(void *unused) {
    (void)unused;
    pause();
    return NULL;
}

int main(void) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, wait_here, NULL) != 0)
        return 1;
    int before = mtalloc_leaks(MTALLOC_LEAKS_REACHABLE), status = 0;
    pid_t child = fork();
    lose();
    wipe_stack();
    int after = mtalloc_leaks(MTALLOC_LEAKS_REACHABLE);
    if (child == 0)
        _exit(after == 1 ? 0 : 1);
    waitpid(child, &status, 0);
    printf("%d %d %d\n", before, after, status == 0);
    return 0;
}
