/*
 * Changes one byte of a block in a forked child, thousands of times: mutate SEED ROUNDS.
 * A byte that is checked (header, extension, canary, all of a block in quarantine) must be
 * reported, which ends the child by SIGABRT; one of a live block's contents must not.
 */
#include "detect/options/fuzz.h"

#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define BLOCKS 200

static struct block block[BLOCKS];
static uint64_t state;

static void make(struct block *one) {
    static const size_t sizes[] = {0, 1, 8, 15, 16, 24, 100, 1000, 5000, 70000, 1100000};
    *one = (struct block){.size = sizes[draw(&state) % 11],
                          .alignment = draw(&state) % 4 ? 0 : 64};
    one->at = one->alignment ? memalign(64, one->size) : malloc(one->size);
}

/* Where the change goes, counted from the block's start; *checked: whether it must show. */
static ptrdiff_t choose(const struct block *one, int freed, int *checked) {
    ptrdiff_t n = (ptrdiff_t)one->size, past = n / 16 * 16 + 16;
    ptrdiff_t before = one->alignment || n >= (1 << 20) - 1 ? 32 : 16;
    *checked = 1;
    switch (draw(&state) % 3) {
    case 0:
        return -1 - (ptrdiff_t)(draw(&state) % (uint64_t)before);
    case 1:
        return n + (ptrdiff_t)(draw(&state) % (uint64_t)(past - n));
    default:
        if (!n)
            return n;
        *checked = freed;
        return (ptrdiff_t)(draw(&state) % (uint64_t)n);
    }
}

static void child(struct block *one, ptrdiff_t at, int freed, int change) {
    if (freed)
        free(one->at);
    ((volatile unsigned char *)one->at)[at] ^= (unsigned char)change;
    if (!freed && change % 2)
        free(one->at);
    else if (!freed && realloc(one->at, one->size + 1000) == NULL)
        _exit(3);
    exit(0);
}

int main(int argc, char **argv) {
    int reported = 0, silent = 0, wrong = 0;
    if (argc != 3)
        return 2;
    state = (uint64_t)(atol(argv[1]) + 1) * UINT64_C(0x9e3779b97f4a7c15);
    const char *options = getenv("MTALLOC_OPTIONS");
    int quarantine = options && strstr(options, "quarantine=all");
    for (int i = 0; i < BLOCKS; i++)
        make(&block[i]);
    for (int round = 0; round < atoi(argv[2]); round++) {
        struct block *one = &block[draw(&state) % BLOCKS];
        int freed = quarantine && draw(&state) % 2, checked, status;
        int change = 1 + (int)(draw(&state) % 255);
        ptrdiff_t at = choose(one, freed, &checked);
        pid_t pid = fork();
        if (pid == 0)
            child(one, at, freed, change);
        if (pid < 0 || waitpid(pid, &status, 0) != pid)
            return 1;
        if (checked ? WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT : status == 0)
            checked ? reported++ : silent++;
        else if (wrong++ < 10)
            fprintf(stderr, "wrong: size %zu, alignment %zu, at %td, freed %d, status %x\n",
                    one->size, one->alignment, at, freed, (unsigned)status);
    }
    printf("%d %d %d\n", reported, silent, wrong);
    return wrong != 0;
}
