/* A call tree with everything a usual program has; prints what its stacks are. */
#include "stacks/truth.h"
#include <alloca.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

void library_work(int rounds, void (*callback)(int));

static volatile int opaque = 1; /* keeps the compiler from knowing numbers */

static NOINLINE void recurse(int depth) {
    ENTER;
    if (depth % 2 == 0)
        ALLOC(16);
    if (depth > 0)
        recurse(depth - 1);
    if (depth % 3 == 0)
        ALLOC(17);
    LEAVE;
}

INLINED void inlined_inner(size_t size) {
    ALLOC(size);
}
INLINED void inlined_outer(size_t size) {
    inlined_inner(size);
    ALLOC(size + 1);
}
static NOINLINE void with_inlined(int rounds) {
    ENTER;
    for (int i = 0; i < rounds; i++)
        inlined_outer((size_t)i);
    LEAVE;
}

static NOINLINE void pointed_first(int size) {
    ENTER;
    ALLOC((size_t)size);
    LEAVE;
}
static NOINLINE void pointed_second(int size) {
    ENTER;
    ALLOC((size_t)size + 3);
    pointed_first(size);
    LEAVE;
}
static NOINLINE void pointed_third(int size) {
    volatile char space[200];
    ENTER;
    space[size % 200] = 1;
    pointed_second(size + space[size % 200]);
    LEAVE;
}
static void (*const volatile pointed[])(int) = {pointed_first, pointed_second,
                                                pointed_third};
static NOINLINE void by_pointer(int rounds) {
    ENTER;
    for (int i = 0; i < rounds; i++)
        pointed[i % 3](i);
    LEAVE;
}

static NOINLINE void with_alloca(int size) {
    ENTER;
    volatile char *space = alloca((size_t)size);
    space[0] = space[size - 1] = 1;
    ALLOC(32);
    recurse(size / 300);
    LEAVE;
}

static NOINLINE void with_array(int size) {
    volatile char space[size];
    ENTER;
    space[0] = space[size - 1] = 1;
    for (int i = 0; i < 3; i++)
        pointed_second(i);
    LEAVE;
}

/* The stack is realigned, so the frame's start is not a constant from any register. */
static NOINLINE void realigned(int size) {
    _Alignas(128) volatile char space[128];
    ENTER;
    volatile char *more = alloca((size_t)size);
    space[size % 128] = more[size - 1] = 1;
    ALLOC(48);
    pointed_first(size + space[size % 128]);
    LEAVE;
}

static NOINLINE int compare(const void *a, const void *b) {
    ENTER;
    ALLOC(24);
    int left = *(const int *)a, right = *(const int *)b;
    LEAVE;
    return (left > right) - (left < right);
}

static void *(*const volatile search)(const void *, const void *, size_t, size_t,
                                      int (*)(const void *, const void *)) = bsearch;

/* Fewer bytes than make qsort take memory of its own. */
static NOINLINE void sort_and_search(void) {
    int numbers[40];
    ENTER;
    for (int i = 0; i < 40; i++)
        numbers[i] = (i * 17 + opaque) % 41;
    truth_push("libc");
    qsort(numbers, 40, sizeof *numbers, compare);
    search(numbers + 7, numbers, 40, sizeof *numbers, compare);
    truth_pop();
    LEAVE;
}

static NOINLINE void called_back(int round) {
    ENTER;
    ALLOC((size_t)round);
    pointed_first(round);
    LEAVE;
}

static NOINLINE void use_library(void) {
    ENTER;
    library_work(5 * opaque, called_back);
    LEAVE;
}

static NOINLINE void *thread_main(void *argument) {
    truth_begin(FROM_CLONE);
    ENTER;
    ALLOC(90);
    recurse((int)(long)argument);
    sort_and_search();
    LEAVE;
    return NULL;
}

static NOINLINE void run_threads(void) {
    ENTER;
    for (long i = 0; i < 4; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, thread_main, (void *)i))
            abort();
        pthread_join(thread, NULL);
    }
    LEAVE;
}

__attribute__((constructor)) static void before_main(void) {
    truth_begin(FROM_START);
    ENTER;
    ALLOC(11);
    pointed[1](4);
    LEAVE;
}

static NOINLINE void after_main(void) {
    truth_begin(FROM_START);
    ENTER;
    ALLOC(13);
    LEAVE;
    truth_print();
}

int main(void) {
    atexit(after_main);
    truth_begin(FROM_START);
    ENTER;
    for (int round = 0; round < 3; round++) {
        recurse(20 * opaque);
        with_inlined(4 * opaque);
        by_pointer(10 * opaque);
        for (int size = 100; size < 3000; size += 500) {
            with_alloca(size * opaque);
            with_array(size * opaque);
            realigned(size * opaque);
        }
        sort_and_search();
        use_library();
        run_threads();
        truth_free_every_third();
    }
    ALLOC(12);
    LEAVE;
    return 0;
}
