/*
 * Random operations of all entry points against a model of contents, alignment, overlap
 * (which shows in contents) and bookkeeping: fuzz SEED OPERATIONS THREADS. Prints what was
 * allocated and freed. Blocks also go from thread to thread; now and then a forked child
 * goes on for a while.
 */
#include "detect/options/fuzz.h"

#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void *cxx_new(size_t) __asm__("_Znwm");
void *cxx_new_array(size_t) __asm__("_Znam");
void *cxx_new_aligned(size_t, size_t) __asm__("_ZnwmSt11align_val_t");
void cxx_delete(void *) __asm__("_ZdlPv");
void cxx_delete_sized(void *, size_t) __asm__("_ZdlPvm");
void cxx_delete_array(void *) __asm__("_ZdaPv");
void cxx_delete_aligned(void *, size_t, size_t) __asm__("_ZdlPvmSt11align_val_t");
void *mallocx(size_t, int);
void *rallocx(void *, size_t, int);
size_t xallocx(void *, size_t, size_t, int);
size_t sallocx(const void *, int);
void dallocx(void *, int);
void sdallocx(void *, size_t, int);
void free_sized(void *, size_t);
void free_aligned_sized(void *, size_t, size_t);

#define SLOTS    256
#define SHARED   64
#define CHILD_OF 200000 /* operations to one fork */

struct fuzzer {
    uint64_t random, operations;
    struct counts counts;
    struct block slot[SLOTS];
};

static _Atomic(struct block *) exchange[SHARED];

static size_t draw_size(struct fuzzer *f) {
    uint64_t kind = draw(&f->random) % 1000, size = draw(&f->random);
    return kind < 700   ? size % 300
           : kind < 950 ? size % 5000
           : kind < 998 ? size % 100000
                        : size % 3000000;
}

static void begin(struct fuzzer *f, struct block *block) {
    if (!block->at)
        fail("no memory");
    if (malloc_usable_size(block->at) != block->size ||
        sallocx(block->at, 0) != block->size)
        fail("usable size");
    block->seed = (unsigned char)draw(&f->random);
    fill(block);
    f->counts.allocs++;
    f->counts.bytes += block->size;
}

static void zero(const struct block *block) {
    for (size_t i = 0; block->at && i < block->size; i++)
        if (block->at[i])
            fail("calloc is not zero");
}

static void allocate(struct fuzzer *f, struct block *block) {
    size_t n = draw_size(f), align = (size_t)16 << draw(&f->random) % 9;
    void *at = NULL;
    *block = (struct block){.size = n};
    switch (draw(&f->random) % 14) {
    case 0:
        block->at = calloc(3, n / 3);
        block->size = n / 3 * 3;
        zero(block);
        break;
    case 1:
        block->at = realloc(NULL, n);
        break;
    case 2:
        block->at = memalign(block->alignment = align, n);
        break;
    case 3:
        block->at = aligned_alloc(block->alignment = align, n);
        break;
    case 4:
        if (posix_memalign(&at, block->alignment = align, n) == 0)
            block->at = at;
        break;
    case 5:
        block->at = mallocx(n, 0);
        break;
    case 6:
        block->at = mallocx(n, (int)__builtin_ctzl(block->alignment = align));
        break;
    case 7:
        block->at = cxx_new(n);
        block->family = NEW;
        break;
    case 8:
        block->at = cxx_new_array(n);
        block->family = ARRAY;
        break;
    case 9:
        block->at = cxx_new_aligned(n, block->alignment = align);
        block->family = NEW;
        break;
    case 10:
        block->at = reallocarray(NULL, 2, n / 2);
        block->size = n / 2 * 2;
        break;
    default:
        block->at = malloc(n);
    }
    begin(f, block);
}

static void release(struct fuzzer *f, struct block *block) {
    uint64_t how = draw(&f->random) % 6;
    void *at = block->at;
    verify(block);
    if (block->family == ARRAY)
        cxx_delete_array(at);
    else if (block->family == NEW && block->alignment)
        cxx_delete_aligned(at, block->size, block->alignment);
    else if (block->family == NEW && how % 2)
        cxx_delete(at);
    else if (block->family == NEW)
        cxx_delete_sized(at, block->size);
    else if (how == 0 && block->alignment)
        free_aligned_sized(at, block->alignment, block->size);
    else if (how == 1 && !block->alignment)
        free_sized(at, block->size);
    else if (how == 2 && !block->alignment)
        sdallocx(at, block->size, 0);
    else if (how == 3)
        dallocx(at, 0);
    else if (how == 4 && realloc(at, 0))
        fail("realloc to nothing");
    else if (how != 4)
        free(at);
    f->counts.frees++;
    block->at = NULL;
}

static void resize(struct fuzzer *f, struct block *block) {
    size_t n = draw_size(f) + 1, old = block->size, kept = n < old ? n : old;
    uint64_t how = draw(&f->random) % 4;
    if (block->family != FREE)
        return;
    verify(block);
    if (how == 0) {
        size_t got = xallocx(block->at, n, 0, 0);
        if (got != n && got != old)
            fail("xallocx");
        if (got != n)
            return;
    } else {
        unsigned char *moved = how == 1   ? rallocx(block->at, n, 0)
                               : how == 2 ? reallocarray(block->at, 1, n)
                                          : realloc(block->at, n);
        if (moved != block->at)
            block->alignment = 0;
        block->at = moved;
    }
    for (size_t i = 0; i < kept; i = next_index(&(struct block){.size = old}, i))
        if (block->at[i] != byte_of(block, i))
            fail("contents after realloc");
    block->size = n;
    f->counts.frees++;
    begin(f, block);
}

/* Blocks change hands; another thread verifies and frees them. */
static void swap(struct fuzzer *f, struct block *block) {
    struct block *mine = malloc(sizeof *mine);
    if (!mine)
        fail("no memory");
    *mine = *block;
    f->counts.allocs++;
    f->counts.bytes += sizeof *mine;
    struct block *other = atomic_exchange(&exchange[draw(&f->random) % SHARED], mine);
    *block = (struct block){0};
    if (other) {
        *block = *other;
        free(other);
        f->counts.frees++;
    }
}

static void operate(struct fuzzer *f) {
    struct block *block = &f->slot[draw(&f->random) % SLOTS];
    uint64_t what = draw(&f->random) % 10;
    if (!block->at)
        allocate(f, block);
    else if (what < 6)
        release(f, block);
    else if (what < 9)
        resize(f, block);
    else
        swap(f, block);
}

static void fork_once(struct fuzzer *f) {
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        for (int i = 0; i < 2000; i++)
            operate(f);
        _exit(0);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
        fail("a forked child");
}

static void *run(void *argument) {
    struct fuzzer *f = argument;
    for (uint64_t i = 1; i <= f->operations; i++) {
        operate(f);
        if (i % CHILD_OF == 0)
            fork_once(f);
    }
    for (int i = 0; i < SLOTS; i++)
        if (f->slot[i].at)
            release(f, &f->slot[i]);
    return NULL;
}

int main(int argc, char **argv) {
    static struct fuzzer fuzzer[64];
    struct counts all = {0};
    pthread_t thread[64];
    if (argc != 4)
        return 2;
    int threads = atoi(argv[3]) % 64;
    for (int i = 0; i < threads; i++) {
        fuzzer[i].random = (uint64_t)(atol(argv[1]) + i + 1) * UINT64_C(0x9e3779b97f4a7c15);
        fuzzer[i].operations = (uint64_t)atol(argv[2]) / (unsigned)threads;
        pthread_create(&thread[i], NULL, run, &fuzzer[i]);
    }
    for (int i = 0; i < threads; i++)
        pthread_join(thread[i], NULL);
    for (int i = 0; i < SHARED; i++)
        if (exchange[i]) {
            release(&fuzzer[0], exchange[i]);
            free(exchange[i]);
            fuzzer[0].counts.frees++;
        }
    for (int i = 0; i < threads; i++) {
        all.allocs += fuzzer[i].counts.allocs;
        all.bytes += fuzzer[i].counts.bytes;
        all.frees += fuzzer[i].counts.frees;
    }
    printf("%lu %lu %lu\n", all.allocs, all.bytes, all.frees);
    return 0;
}
