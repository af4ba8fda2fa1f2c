/*
 * lost N [exit|blocked]: N blocks that are lost through an inlined function, and one more
 * through the C library and a namespace; `exit`: the program ends by _exit(); `blocked`: at
 * its end a thread does not stand still, since it blocks all signals.
 */
#include <cstdlib>
#include <csignal>
#include <cstring>
#include <pthread.h>
#include <unistd.h>

static inline __attribute__((always_inline)) void *inlined(size_t size) {
    return malloc(size);
}

__attribute__((noinline)) static void lose_some(int count) {
    for (int i = 0; i < count; i++) {
        void *volatile block = inlined(1000);
        memset(block, 0, 1000);
        block = nullptr;
    }
}

namespace deep {
struct keeper {
    __attribute__((noinline)) void lose_text() {
        char *volatile text = strdup("a text of some length");
        text[0] = 'b';
        text = nullptr;
    }
};
} // namespace deep

__attribute__((noinline)) static void wipe_stack() {
    volatile char bytes[8192];
    memset(const_cast<char *>(bytes), 0, sizeof bytes);
    __asm__ volatile("" ::: "memory", "rbx", "r12", "r13", "r14", "r15");
}

static void *block(void *blocking) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, nullptr);
    pthread_barrier_wait(static_cast<pthread_barrier_t *>(blocking));
    for (;;)
        pause();
}

static pthread_barrier_t blocking;

int main(int argc, char **argv) {
    int count = argc > 1 ? atoi(argv[1]) : 0;
    if (count > 0) {
        lose_some(count);
        deep::keeper().lose_text();
    }
    wipe_stack();
    if (argc > 2 && !strcmp(argv[2], "exit"))
        _exit(0);
    if (argc > 2) {
        pthread_t thread;
        pthread_barrier_init(&blocking, nullptr, 2);
        pthread_create(&thread, nullptr, block, &blocking);
        pthread_barrier_wait(&blocking);
    }
    return 0;
}
