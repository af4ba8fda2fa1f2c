/*
 * controlled HOW [ARGUMENT...]: allocates 1,000 blocks, prints "ready", and then, by HOW:
 * sleep waits; hang spins; slow allocates now and then, late only after SIGUSR2; busy has
 * four threads allocate and free. On SIGTERM it stops and prints "ALLOCATIONS BYTES FREES
 * BYTES" of make_block().
 *
 * Arguments: damage writes past the end of a live block, ruin of all; stale into a freed
 * one; block blocks SIGUSR1, take handles it; small gives the handler the smallest stack;
 * size N blocks of N bytes; fork has a child set stack=off and exit; off, caller, full or
 * sampled asks the library for that stack, and prints what it said.
 */
#include "mtalloc/mtalloc.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define BLOCKS  1000
#define THREADS 4

#pragma weak mtalloc_set_option

static atomic_int stop, late;
static atomic_long count[2], bytes[2]; /* allocated, freed */
static char *blocks[BLOCKS];

__attribute__((noinline)) static void *make_block(size_t size) {
    count[0]++;
    bytes[0] += (long)size;
    return malloc(size);
}

static void drop_block(void *block, size_t size) {
    count[1]++;
    bytes[1] += (long)size;
    free(block);
}

static void on_signal(int number) {
    if (number == SIGTERM)
        stop = 1;
    else if (number == SIGUSR2)
        late = 1;
    else if (write(1, "taken\n", 6) != 6)
        _exit(9);
}

static void *work(void *unused) {
    for (size_t i = 0; !stop; i++) {
        size_t size = i % 300, other = i * 7 % 400 + 1;
        char *block = make_block(size);
        memset(block, 1, size);
        drop_block(block, size);
        /* Not counted here. */
        block = realloc(calloc(1, other), other / 2 + i % 50 + 1);
        free(realloc(block, other + 40));
    }
    return unused;
}

static void run(const char *how) {
    pthread_t thread[THREADS];
    if (!strcmp(how, "busy")) {
        for (int i = 0; i < THREADS; i++)
            if (pthread_create(&thread[i], NULL, work, NULL) != 0)
                _exit(8);
        for (int i = 0; i < THREADS; i++)
            pthread_join(thread[i], NULL);
    }
    while (!stop)
        if (!strcmp(how, "sleep"))
            usleep(10000);
        else if (!strcmp(how, "slow") || late) {
            drop_block(make_block(10), 10);
            usleep(100000);
        }
}

/* With nothing below. */
static void give_small_stack(void) {
    size_t size = getauxval(AT_MINSIGSTKSZ) + 1024, room = (size + 4095) & ~(size_t)4095;
    char *memory = mmap(NULL, room + 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory + 4096, room, PROT_READ | PROT_WRITE) != 0)
        _exit(7);
    /* Of the pages, the first bytes are its own: what is below is not to be touched. */
    stack_t stack = {.ss_sp = memory + 4096, .ss_size = size};
    if (sigaltstack(&stack, NULL) != 0)
        _exit(6);
}

static void fork_child(void) {
    pid_t pid = fork();
    if (pid == 0)
        exit(mtalloc_set_option("stack=off") ? 5 : 0);
    int status = 1;
    if (waitpid(pid, &status, 0) != pid || status != 0)
        _exit(5);
}

/* What it does besides. Takes an argument off the list. */
static void prepare(char ***arguments, size_t *size) {
    const char *what = *(*arguments)++;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    if (!strcmp(what, "damage"))
        blocks[7][*size] ^= 1;
    else if (!strcmp(what, "ruin"))
        for (int i = 0; i < BLOCKS; i++)
            blocks[i][*size] ^= 1;
    else if (!strcmp(what, "stale")) {
        drop_block(blocks[8], *size);
        blocks[8][3] ^= 1;
    } else if (!strcmp(what, "block"))
        sigprocmask(SIG_BLOCK, &set, NULL);
    else if (!strcmp(what, "take"))
        signal(SIGUSR1, on_signal);
    else if (!strcmp(what, "small"))
        give_small_stack();
    else if (!strcmp(what, "fork"))
        fork_child();
    else {
        char text[32];
        snprintf(text, sizeof text, "stack=%s", what);
        printf("%d\n", mtalloc_set_option(text));
        blocks[9] = make_block(1);
    }
}

int main(int argc, char **argv) {
    char **rest = argv + 2;
    size_t size = 100;
    if (argc > 3 && !strcmp(argv[2], "size")) {
        size = strtoul(argv[3], NULL, 10);
        rest += 2;
    }
    signal(SIGTERM, on_signal);
    if (!strcmp(argv[1], "late"))
        signal(SIGUSR2, on_signal);
    setvbuf(stdout, NULL, _IONBF, 0); /* allocates nothing later */
    for (int i = 0; i < BLOCKS; i++)
        memset(blocks[i] = make_block(size), i, size);
    while (*rest)
        prepare(&rest, &size);
    /* New IDs were just taken: what waits for that waits long, when it is slow. */
    for (int i = 0; i < 100; i++)
        drop_block(make_block(1), 1);
    puts("ready");
    run(argv[1]);
    printf("%ld %ld %ld %ld\n", count[0], bytes[0], count[1], bytes[1]);
    return 0;
}
