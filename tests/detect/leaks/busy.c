/*
 * busy LOOKS: four threads allocate, resize, free and link blocks, and threads come and go,
 * while this one looks for leaks; prints how many blocks were called lost, which none is,
 * and how many a last look found that are.
 */
#include "leaks.h"
#include "mtalloc/mtalloc.h"
#include <pthread.h>
#include <stdatomic.h>

#define THREADS 4
#define BLOCKS  100

static _Atomic int stop;
static _Atomic unsigned long rounds;

static unsigned next(unsigned *seed) {
    *seed = *seed * 1103515245u + 12345;
    return *seed >> 8;
}

static size_t any_size(unsigned *seed) {
    size_t dice = next(seed) % 4096;
    size_t most = dice == 0 ? 1200000 : dice < 256 ? 20000 : 100;
    return sizeof(struct node) + next(seed) % most;
}

/* The only way to a block is by its list: new ones go to the front or the second place. */
static void *work(void *argument) {
    unsigned seed = *(unsigned *)argument;
    struct node **list = calloc(BLOCKS, sizeof *list);
    while (!atomic_load(&stop)) {
        struct node **at = &list[next(&seed) % BLOCKS], *node = *at;
        switch (next(&seed) % 5) {
        case 0:
            if (node) {
                *at = node->next;
                free(node);
            }
            break;
        case 1: /* keeps its `next` */
            if (node)
                *at = realloc(node, any_size(&seed));
            break;
        case 2:
            while ((node = *at)) {
                *at = node->next;
                free(node);
            }
            break;
        default:
            node = malloc(any_size(&seed));
            node->next = *at;
            *at = node;
        }
        atomic_fetch_add(&rounds, 1);
    }
    for (size_t i = 0; i < BLOCKS; i++)
        while (list[i]) {
            struct node *node = list[i];
            list[i] = node->next;
            free(node);
        }
    free(list);
    return NULL;
}

static void *come_and_go(void *unused) {
    (void)unused;
    while (!atomic_load(&stop)) {
        pthread_t thread;
        unsigned *seed = malloc(sizeof *seed);
        *seed = 1;
        int wanted = atomic_load(&stop);
        if (wanted ||
            pthread_create(&thread, NULL, (void *(*)(void *))strdup, "short") != 0) {
            free(seed);
            continue;
        }
        void *text;
        pthread_join(thread, &text);
        free(text);
        free(seed);
    }
    return NULL;
}

/* Of a size that nobody else has: no stale pointer leads there. */
APART static void lose_some(void) {
    for (int i = 0; i < 20; i++) {
        void *volatile block = malloc(50000);
        memset(block, 1, 50000);
        block = NULL;
    }
}

int main(int argc, char **argv) {
    pthread_t thread[THREADS], other;
    unsigned seed[THREADS], looks = argc > 1 ? (unsigned)atoi(argv[1]) : 100;
    int lost = 0;
    for (unsigned i = 0; i < THREADS; i++) {
        seed[i] = i + 1;
        if (pthread_create(&thread[i], NULL, work, &seed[i]) != 0)
            return 1;
    }
    if (pthread_create(&other, NULL, come_and_go, NULL) != 0)
        return 1;
    for (unsigned i = 0; i < looks; i++) {
        int result = mtalloc_leaks(MTALLOC_LEAKS_REACHABLE);
        lost += result > 0 ? result : 0;
    }
    unsigned long done = atomic_load(&rounds);
    lose_some();
    wipe_stack();
    int found = mtalloc_leaks(MTALLOC_LEAKS_REACHABLE);
    atomic_store(&stop, 1);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    pthread_join(other, NULL);
    printf("%d lost, %d found\n", lost, found);
    return done < 1000; /* they did work meanwhile */
}
