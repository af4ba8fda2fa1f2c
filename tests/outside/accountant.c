/*
 * accountant PAGE THREADS: allocates, reallocates and frees at 16 sites without end, and
 * keeps its own account in PAGE, a shared file: what each thread did at each site, added
 * when the call has returned. Ends as the page says, or when it is killed.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SITES   16
#define THREADS 4
#define SLOTS   256

enum { GO_ON, ABORT, SEGV, UNDERSCORE_EXIT, EXIT };

static struct account {
    _Atomic uint64_t pid; /* set when all threads are at work */
    _Atomic uint64_t end;
    struct {
        _Atomic uint64_t allocs[SITES], frees[SITES];
    } thread[THREADS];
} * account;

/* A block, and in the low bits its site. Any thread may take it. */
static _Atomic uintptr_t slots[SLOTS];
static atomic_int working;

#define SIZE(site) (24 * (size_t)(site) + 10)
#define SITE(number)                                                                       \
    __attribute__((noinline)) static void *site_##number(void *old) {                      \
        return old ? realloc(old, SIZE(number)) : malloc(SIZE(number));                    \
    }
/* clang-format off */
SITE(0) SITE(1) SITE(2) SITE(3) SITE(4) SITE(5) SITE(6) SITE(7)
SITE(8) SITE(9) SITE(10) SITE(11) SITE(12) SITE(13) SITE(14) SITE(15)
    /* clang-format on */
    static void *(*const sites[SITES])(void *) = {
        site_0, site_1, site_2,  site_3,  site_4,  site_5,  site_6,  site_7,
        site_8, site_9, site_10, site_11, site_12, site_13, site_14, site_15};

static void end_as_asked(void) {
    switch ((int)account->end) {
    case ABORT:
        abort();
    case SEGV:
        *(volatile int *)account->end = 0;
        break;
    case UNDERSCORE_EXIT:
        _exit(3);
    case EXIT:
        exit(4);
    default:
        break;
    }
}

static void *work(void *argument) {
    unsigned self = (unsigned)(uintptr_t)argument;
    uint64_t random = self * 977 + 1;
    working++;
    for (;;) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        unsigned site = random >> 60, slot = (random >> 40) % SLOTS;
        uintptr_t held = atomic_exchange(&slots[slot], 0);
        void *old = (void *)(held & ~(uintptr_t)(SITES - 1)), *block = NULL;
        if (held && random >> 33 & 1) {
            free(old);
        } else {
            block = sites[site](old);
            account->thread[self].allocs[site]++;
        }
        if (held)
            account->thread[self].frees[held & (SITES - 1)]++;
        if (!block)
            continue;
        held = atomic_exchange(&slots[slot], (uintptr_t)block | site);
        if (held) {
            free((void *)(held & ~(uintptr_t)(SITES - 1)));
            account->thread[self].frees[held & (SITES - 1)]++;
        }
        if (self == 0)
            end_as_asked();
    }
    return NULL;
}

int main(int argc, char **argv) {
    int threads = argc > 2 ? atoi(argv[2]) : 1;
    int file = open(argc > 1 ? argv[1] : "", O_RDWR);
    if (ftruncate(file, sizeof *account) != 0)
        return 1;
    account = mmap(NULL, sizeof *account, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (account == MAP_FAILED)
        return 2;
    pthread_t thread;
    for (int i = 1; i < threads; i++)
        if (pthread_create(&thread, NULL, work, (void *)(uintptr_t)i) != 0)
            return 3;
    while (working < threads - 1)
        ;
    account->pid = (uint64_t)getpid();
    (void)work(NULL);
}
