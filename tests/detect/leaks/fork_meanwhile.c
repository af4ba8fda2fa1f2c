/*
 * fork_meanwhile: a thread that blocks all signals forks while another looks for leaks;
 * each child sees whether all real-time signals are at their default.
 */
#include "leaks.h"
#include "mtalloc/mtalloc.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

static atomic_bool over;
static int children, changed;

APART static int handlers(void) {
    struct sigaction action;
    int found = 0;
    for (int signal = SIGRTMIN; signal <= SIGRTMAX; signal++)
        found += sigaction(signal, NULL, &action) == 0 && action.sa_handler != SIG_DFL;
    return found;
}

static void *fork_often(void *unused) {
    sigset_t all;
    (void)unused;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    while (!atomic_load(&over)) {
        int status = 0;
        pid_t child = fork();
        if (child == 0)
            _exit(handlers() != 0);
        waitpid(child, &status, 0);
        children++;
        changed += status != 0;
        usleep(20000);
    }
    return NULL;
}

int main(void) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, fork_often, NULL) != 0)
        return 1;
    int lost = mtalloc_leaks(MTALLOC_LEAKS_REACHABLE);
    atomic_store(&over, true);
    pthread_join(thread, NULL);
    printf("%d lost, %d children, %d with a handler\n", lost, children, changed);
    return 0;
}
