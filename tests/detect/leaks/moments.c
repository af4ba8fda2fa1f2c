/*
 * moments MOMENT: what a thread does while another one looks for leaks; prints what
 * mtalloc_leaks() returns before and after what the thread holds is lost.
 */
#include "leaks.h"
#include "mtalloc/mtalloc.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

static _Atomic int there, leave;
static const char *moment;

APART static void *list_of_two(void) {
    struct node *volatile first = malloc(sizeof *first);
    first->next = malloc(sizeof *first);
    first->next->next = NULL;
    return first;
}

/* In one register and nowhere else. */
APART static void spin_with_register(void) {
#ifdef __x86_64__
    void *block = list_of_two();
    wipe_stack();
    __asm__ volatile("movl $1, %1\n0:\tpause\n\tcmpl $0, %2\n\tje 0b\n\txorl %%eax, %%eax"
                     : "+a"(block)
                     : "m"(there), "m"(leave)
                     : "memory", "cc");
#endif
}
/* In a vector register. */
APART static void spin_with_vector(void) {
#ifdef __x86_64__
    uint64_t block = (uint64_t)list_of_two();
    __asm__ volatile("movq %0, %%xmm9\n\txorl %%eax, %%eax" : "+a"(block) : : "xmm9");
    wipe_stack();
    __asm__ volatile("movl $1, %0\n0:\tpause\n\tcmpl $0, %1\n\tje 0b"
                     :
                     : "m"(there), "m"(leave)
                     : "memory", "cc", "xmm9");
    __asm__ volatile("pxor %%xmm9, %%xmm9" : : : "xmm9");
#endif
}

APART static void wait_here(void) {
    wipe_stack();
    atomic_store(&there, 1);
    while (!atomic_load(&leave))
        usleep(1000);
}

/* On a stack that the program made itself: a block, a mapping without a guard. */
static ucontext_t outer;
static void on_coroutine(void) {
    void *volatile held = list_of_two();
    wait_here();
    HOLD(held);
    held = NULL;
}
APART static void run_coroutine(void *stack, size_t bytes) {
    ucontext_t inner;
    getcontext(&inner);
    inner.uc_stack.ss_sp = stack;
    inner.uc_stack.ss_size = bytes;
    inner.uc_link = &outer;
    makecontext(&inner, on_coroutine, 0);
    swapcontext(&outer, &inner);
}

static void on_alternate_stack(int signal) {
    void *volatile held = list_of_two();
    (void)signal;
    wait_here();
    HOLD(held);
    held = NULL;
}
APART static void run_handler(void) {
    stack_t alternate = {.ss_sp = malloc(65536), .ss_size = 65536};
    struct sigaction action = {.sa_handler = on_alternate_stack, .sa_flags = SA_ONSTACK};
    sigaltstack(&alternate, NULL);
    sigaction(SIGUSR2, &action, NULL);
    raise(SIGUSR2);
    alternate.ss_flags = SS_DISABLE;
    sigaltstack(&alternate, NULL);
    free(alternate.ss_sp);
}

APART static void act(void) {
    if (!strcmp(moment, "register"))
        spin_with_register();
    else if (!strcmp(moment, "vector"))
        spin_with_vector();
    else if (!strcmp(moment, "block_stack")) {
        void *stack = malloc(200000);
        run_coroutine(stack, 200000);
        free(stack);
    } else if (!strcmp(moment, "mapped_stack")) {
        void *stack =
            mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        run_coroutine(stack, 1 << 20);
        munmap(stack, 1 << 20);
    } else if (!strcmp(moment, "handler")) {
        run_handler();
    } else {
        sigset_t all;
        void *volatile held = list_of_two();
        sigfillset(&all);
        if (!strcmp(moment, "blocked"))
            pthread_sigmask(SIG_BLOCK, &all, NULL);
        wait_here();
        HOLD(held);
        held = NULL;
    }
}

static void *run(void *unused) {
    (void)unused;
    act();
    wipe_stack();
    atomic_store(&there, 2);
    while (atomic_load(&leave) != 2)
        usleep(1000);
    return NULL;
}

static void wait_for(int stage) {
    while (atomic_load(&there) != stage)
        usleep(1000);
}

/* The disposition of every real-time signal is what it was. */
static int dispositions(void) {
    struct sigaction action;
    int others = 0;
    for (int signal = SIGRTMIN; signal <= SIGRTMAX; signal++)
        others += sigaction(signal, NULL, &action) != 0 || action.sa_handler != SIG_DFL;
    return others;
}

int main(int argc, char **argv) {
    pthread_t thread;
    if (argc != 2)
        return 2;
    moment = argv[1];
    if (pthread_create(&thread, NULL, run, NULL) != 0)
        return 1;
    wait_for(1);
    int before = mtalloc_leaks(MTALLOC_LEAKS_REACHABLE);
    atomic_store(&leave, 1);
    wait_for(2);
    int after = mtalloc_leaks(MTALLOC_LEAKS_REACHABLE);
    atomic_store(&leave, 2);
    pthread_join(thread, NULL);
    printf("%d %d %d\n", before, after, dispositions());
    return 0;
}
