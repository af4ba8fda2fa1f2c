/*
 * loader_lock LIBRARY: while this thread holds the loader's locks, in a constructor of
 * LIBRARY and in a callback of dl_iterate_phdr(), threads make their first allocations,
 * with stacks and from modules that nobody has seen. They are waited for with the locks
 * held. Prints "allocs bytes frees bytes" of make_block and how many stacks lead to it.
 */
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define WORKERS 3
#define STACKS  500 /* of each worker, per lock */
#define DEPTH   13
#define SIZE    24
#define SECONDS 30 /* then something waits for ever */

void while_locked(void);
void unseen_first(void (*callback)(void)), unseen_second(void (*callback)(void));

static void (*const unseen[])(void (*)(void)) = {unseen_first, unseen_second};
static sem_t begin, finished;
static int locks, workers_made, asked, answered;

__attribute__((noinline)) static void make_block(void) {
    void *volatile block = malloc(SIZE);
    free(block);
}

/* The way down is a number, bit by bit. */
static void left(unsigned path, int depth), right(unsigned path, int depth);
static void (*const volatile down[])(unsigned, int) = {left, right};

static void left(unsigned path, int depth) {
    if (depth)
        down[path & 1](path >> 1, depth - 1);
    else
        make_block();
    __asm__ volatile("" ::: "memory");
}
static void right(unsigned path, int depth) {
    if (depth)
        down[path & 1](path >> 1, depth - 1);
    else
        make_block();
    __asm__ volatile("" ::: "memory");
}

static void *work(void *argument) {
    unsigned first = (unsigned)(size_t)argument * STACKS;
    while (sem_wait(&begin))
        ;
    unseen[locks](make_block);
    for (unsigned i = 0; i < STACKS; i++)
        down[0](first + i, DEPTH);
    sem_post(&finished);
    return NULL;
}

static int visit(struct dl_phdr_info *info, size_t size, void *unused) {
    (void)info, (void)size, (void)unused;
    return 1;
}

/* Cannot come back while the lock is held. */
static void *ask(void *unused) {
    __atomic_store_n(&asked, 1, __ATOMIC_RELEASE);
    dl_iterate_phdr(visit, NULL);
    __atomic_store_n(&answered, 1, __ATOMIC_RELEASE);
    return unused;
}

void while_locked(void) {
    for (int i = 0; i < WORKERS; i++)
        sem_post(&begin);
    for (int i = 0; i < WORKERS; i++)
        while (sem_wait(&finished))
            ;
    make_block();
}

static int while_iterating(struct dl_phdr_info *info, size_t size, void *asker) {
    (void)info, (void)size;
    if (pthread_create(asker, NULL, ask, NULL))
        abort();
    while_locked();
    while (!__atomic_load_n(&asked, __ATOMIC_ACQUIRE))
        usleep(1000);
    if (__atomic_load_n(&answered, __ATOMIC_ACQUIRE))
        abort();
    return 1;
}

static void start_workers(pthread_t thread[WORKERS]) {
    for (int i = 0; i < WORKERS; i++)
        if (pthread_create(&thread[i], NULL, work, (void *)(size_t)workers_made++))
            abort();
}

int main(int argc, char **argv) {
    pthread_t thread[2][WORKERS], asker;
    alarm(SECONDS);
    if (argc != 2 || sem_init(&begin, 0, 0) || sem_init(&finished, 0, 0))
        return 1;
    start_workers(thread[0]);
    if (!dlopen(argv[1], RTLD_NOW)) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    locks++;
    start_workers(thread[1]);
    dl_iterate_phdr(while_iterating, &asker);
    pthread_join(asker, NULL);
    for (int i = 0; i < 2 * WORKERS; i++)
        pthread_join(thread[i / WORKERS][i % WORKERS], NULL);
    long blocks = 2 * WORKERS * (STACKS + 1) + 2;
    printf("%ld %ld %ld %ld\n", blocks, blocks * SIZE, blocks, blocks * SIZE);
    printf("%d\n", 2 * WORKERS * STACKS + 2 + 2);
    return 0;
}
