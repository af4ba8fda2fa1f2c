/*
 * How often a thread that allocates writes to memory that all threads share: the library's
 * data and the region's header. Their pages are made read-only; each store to them faults,
 * is counted, and is let through alone. Prints "operations stores".
 */
#include <elf.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#if defined(__x86_64__)
#    define PAGE 4096u

static struct {
    char *start;
    size_t bytes;
} shared[4];
static unsigned shared_count;
static volatile unsigned long stores;
static char *volatile open_page;
static void **region_own;

static void share(void *at, size_t bytes) {
    uintptr_t start = (uintptr_t)at & ~(uintptr_t)(PAGE - 1);
    shared[shared_count].start = (char *)start;
    shared[shared_count++].bytes =
        ((uintptr_t)at + bytes - start + PAGE - 1) & ~(size_t)(PAGE - 1);
}

/* The note's descriptor is the distance to the pointer to the region (docs/FORMAT.md). */
static void look_at_notes(const char *notes, size_t bytes) {
    for (size_t at = 0; at + sizeof(ElfW(Nhdr)) < bytes;) {
        const ElfW(Nhdr) *note = (const void *)(notes + at);
        const char *name = (const char *)(note + 1);
        const char *desc = name + ((note->n_namesz + 3) & ~3u);
        if (!strcmp(name, "mtalloc")) {
            int64_t distance;
            memcpy(&distance, desc, sizeof distance);
            region_own = (void **)(uintptr_t)(desc + distance);
        }
        at = (size_t)(desc - notes) + ((note->n_descsz + 3) & ~3u);
    }
}

static int look(struct dl_phdr_info *object, size_t size, void *context) {
    (void)size;
    (void)context;
    if (!strstr(object->dlpi_name, "libmtalloc.so"))
        return 0;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        char *at = (char *)object->dlpi_addr + segment->p_vaddr;
        if (segment->p_type == PT_LOAD && segment->p_flags & PF_W)
            share(at, segment->p_memsz);
        else if (segment->p_type == PT_NOTE)
            look_at_notes(at, segment->p_memsz);
    }
    return 0;
}

static void protect(int protection) {
    for (unsigned i = 0; i < shared_count; i++)
        for (size_t at = 0; at < shared[i].bytes; at += PAGE) {
            /* What is sealed read-only stays so. */
            char *page = shared[i].start + at;
            static char sealed[4][512];
            if (protection == PROT_READ) {
                int fd[2];
                if (pipe(fd) != 0)
                    abort();
                char byte = *page; /* the kernel tells of a page that can't be written */
                sealed[i][at / PAGE] =
                    write(fd[1], &byte, 1) != 1 || read(fd[0], page, 1) != 1;
                close(fd[0]);
                close(fd[1]);
            }
            if (!sealed[i][at / PAGE])
                mprotect(page, PAGE, protection);
        }
}

static void on_fault(int number, siginfo_t *information, void *context) {
    char *at = information->si_addr;
    for (unsigned i = 0; i < shared_count; i++)
        if (at >= shared[i].start && at < shared[i].start + shared[i].bytes) {
            stores++;
            open_page = (char *)((uintptr_t)at & ~(uintptr_t)(PAGE - 1));
            mprotect(open_page, PAGE, PROT_READ | PROT_WRITE);
            ((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] |= 0x100;
            return;
        }
    signal(number, SIG_DFL);
}

static void on_step(int number, siginfo_t *information, void *context) {
    (void)number;
    (void)information;
    mprotect(open_page, PAGE, PROT_READ);
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL] &= ~0x100;
}

static __attribute__((noinline)) void *make(size_t size) {
    void *volatile block = malloc(size);
    return block;
}

#    define OPERATIONS 20000u
static void operate(void) {
    static void *held[64];
    for (unsigned i = 0; i < OPERATIONS; i++) {
        unsigned slot = i * 7 % 64;
        free(held[slot]);
        held[slot] = make(16 + i * 13 % 500);
    }
}

static pthread_barrier_t both;
static void *other(void *context) {
    operate();
    pthread_barrier_wait(&both);
    pthread_barrier_wait(&both);
    return context;
}

int main(void) {
    pthread_t thread;
    struct sigaction fault = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    struct sigaction step = {.sa_sigaction = on_step, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &fault, NULL);
    sigaction(SIGTRAP, &step, NULL);
    dl_iterate_phdr(look, NULL);
    if (!shared_count || !region_own || !*region_own)
        return 2;
    share(*region_own, PAGE);
    pthread_barrier_init(&both, NULL, 2);
    if (pthread_create(&thread, NULL, other, NULL) != 0)
        return 2;
    pthread_barrier_wait(&both);
    operate();
    protect(PROT_READ);
    operate();
    protect(PROT_READ | PROT_WRITE);
    pthread_barrier_wait(&both);
    pthread_join(thread, NULL);
    printf("%u %lu\n", OPERATIONS, stores);
    return 0;
}
#else
int main(void) {
    return 77;
}
#endif
