/*
 * jemalloc's own interface, in a signal handler that is raised outside of malloc: on the
 * normal stack, on an alternate one, and in threads.
 */
#include "stacks/truth.h"
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNED(bits) (bits)
#define ZEROED        0x40

void *mallocx(size_t size, int flags) __attribute__((weak));
void *rallocx(void *block, size_t size, int flags) __attribute__((weak));
void sdallocx(void *block, size_t size, int flags) __attribute__((weak));
void dallocx(void *block, int flags) __attribute__((weak));

static NOINLINE void *make(size_t size, int flags) {
    ENTER;
    void *block = truth_keep(mallocx(size, flags), size);
    LEAVE;
    return block;
}

/* One free and one allocation, here. */
static NOINLINE void *resize(void *block, size_t size, int flags) {
    ENTER;
    truth_gone(block);
    block = truth_keep(rallocx(block, size, flags), size);
    LEAVE;
    return block;
}

static NOINLINE void drop(void *block, size_t size, int flags) {
    ENTER;
    truth_gone(block);
    if (size)
        sdallocx(block, size, flags);
    else
        dallocx(block, flags);
    LEAVE;
}

static NOINLINE void on_signal(int number) {
    truth_push("libc"); /* the frame that returns from the handler */
    ENTER;
    void *block = make((size_t)number, 0);
    block = resize(block, 5000, ALIGNED(7));
    block = resize(block, 40, ZEROED);
    drop(block, 40, 0);
    drop(make(3 << 20, ALIGNED(12)), 3 << 20, ALIGNED(12));
    drop(make(70, ALIGNED(6)), 0, 0);
    block = make(33, ZEROED);
    memset(block, number, 33);
    LEAVE;
    truth_pop();
}

static NOINLINE void raised(int number) {
    ENTER;
    drop(make(1, 0), 1, 0);
    raise(number);
    drop(resize(make(2, 0), 3, 0), 3, 0);
    LEAVE;
}

static void handle(int number, int flags) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = flags;
    if (sigaction(number, &action, NULL))
        abort();
}

static NOINLINE void *in_thread(void *argument) {
    truth_begin(FROM_CLONE);
    ENTER;
    raised(*(int *)argument);
    LEAVE;
    return NULL;
}

int main(void) {
    static char alternate[65536];
    static int in_threads = SIGUSR2;
    stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
    sigaltstack(&stack, NULL);
    handle(SIGUSR2, 0);
    handle(SIGWINCH, SA_ONSTACK);
    truth_begin(FROM_START);
    ENTER;
    for (int round = 0; round < 3 && mallocx; round++) {
        pthread_t thread;
        raised(SIGUSR2);
        raised(SIGWINCH);
        if (pthread_create(&thread, NULL, in_thread, &in_threads) ||
            pthread_join(thread, NULL))
            abort();
        truth_free_every_third();
    }
    LEAVE;
    truth_print();
    return 0;
}
