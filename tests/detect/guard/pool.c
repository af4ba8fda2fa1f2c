/* pool WHAT: many blocks, blocks used again, and odd uses of blocks in guard slots. */
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define MANY 40000

__attribute__((noinline)) static int load(const volatile char *at) {
    return *at;
}
__attribute__((noinline)) static void store(volatile char *at) {
    *at = 0x21;
}

/* How many mappings the process has, of the 65,530 that it may. */
static int mappings(void) {
    FILE *file = fopen("/proc/self/maps", "r");
    int count = 0, byte;
    while (file && (byte = getc(file)) != EOF)
        count += byte == '\n';
    if (file)
        fclose(file);
    return count;
}

/* More than there are slots for, in all sizes up to 4096. */
static void many(void) {
    static unsigned char *block[MANY];
    for (int round = 0; round < 2; round++) {
        for (unsigned i = 0; i < MANY; i++) {
            size_t size = i * 7u % 4097;
            block[i] = malloc(size);
            if (!block[i] || malloc_usable_size(block[i]) != size)
                abort();
            memset(block[i], (int)(i % 251), size);
        }
        if (mappings() > 34000)
            abort();
        for (unsigned i = 0; i < MANY; i++) {
            size_t size = i * 7u % 4097;
            for (size_t at = 0; at < size; at += 64)
                if (block[i][at] != i % 251)
                    abort();
            free(block[i]);
        }
    }
}

/* What was written after a free is not in the next block, however the slot comes back. */
static void again(void) {
    for (unsigned i = 0; i < 20000; i++) {
        char *volatile block = calloc(1, 100);
        for (int at = 0; at < 100; at++)
            if (block[at])
                abort();
        memset(block, 1, 100);
        free(block);
        if (i % 100 == 0)
            store(block + 50);
    }
}

/* True for a block that ends where nothing may be read. */
static int against_guard(const char *block, size_t size) {
    static int ends[2];
    const char *end = block + (size + 15) / 16 * 16;
    if ((uintptr_t)end % 4096 || (!ends[1] && pipe(ends) != 0))
        return 0;
    return write(ends[1], end, 1) < 0 && errno == EFAULT;
}

/* KiB of memory between the first and the last block in a slot, with more live blocks than
 * there may be such. */
static void resident(void) {
    static void *held[1000];
    uintptr_t low = UINTPTR_MAX, high = 0, from, to;
    char line[256];
    long kib, sum = 0;
    for (unsigned i = 0; i < 100000; i++) {
        size_t size = 1 + i * 7 % 20000;
        free(held[i % 1000]);
        uintptr_t at = (uintptr_t)(held[i % 1000] = malloc(size));
        memset(held[i % 1000], 1, size);
        if (against_guard(held[i % 1000], size)) {
            low = at < low ? at : low;
            high = at > high ? at : high;
        }
    }
    FILE *file = fopen("/proc/self/smaps", "r");
    int within = 0;
    while (file && fgets(line, sizeof line, file)) {
        if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
            within = to > low && from <= high;
        else if (within && sscanf(line, "Rss: %ld", &kib) == 1)
            sum += kib;
    }
    printf("%ld\n", sum);
}

/* A page that the program itself made read-only is not ours to explain. */
static void own_rights(void) {
    char *page = memalign(4096, 4096);
    mprotect(page, 4096, PROT_READ);
    store(page + 5);
}

/* A freed slot is asked about, handed to the kernel, resized. */
static void odd(void) {
    char *block = malloc(100), *volatile freed = block;
    int ends[2];
    free(block);
    if (pipe(ends) != 0)
        abort();
    printf("%d ", write(ends[1], freed, 1) < 0 && errno == EFAULT);
    printf("%zu ", malloc_usable_size(freed));
    errno = 5;
    block = realloc(malloc(100), 50000);
    memset(block, 1, 50000);
    block = realloc(block, 20);
    int kept = errno;
    printf("%d %d\n", kept, block[19]);
    free(block);
}

/* Takes every mapping that there may be, so that no page can be opened or closed. */
static void use_up_mappings(void) {
    for (;;) {
        char *at = mmap(NULL, 3 * 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (at == MAP_FAILED || mprotect(at + 4096, 4096, PROT_NONE) != 0)
            return;
    }
}

/* What is before the first slot is closed, too, when that is used again. */
static void first_again(char *first) {
    char *block;
    store(first - 40);
    free(first);
    while ((block = malloc(32)) != first)
        free(block);
    store(block - 40);
}

/* Which of its allocations a child finds in slots. */
static void forked(void) {
    for (int child = 0; child < 2; child++) {
        fflush(stdout);
        if (fork() == 0) {
            for (int i = 0; i < 2000; i++) {
                char *at = malloc(32);
                if (against_guard(at, 32))
                    printf("%d,", i);
                free(at);
            }
            puts("");
            fflush(stdout);
            _exit(0);
        }
        wait(NULL);
    }
}

/* The handler of SIGABRT has the program's own stack, as much of it as there is. */
static void use_much_stack(int number) {
    volatile char much[1 << 20];
    for (size_t i = 0; i < sizeof much; i++)
        much[i] = 0x41;
    free(malloc(10));
    puts("own handler");
    fflush(stdout);
    _exit(number);
}

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    char *volatile block = malloc(32);
    memset(block, 7, 32);
    if (!strcmp(what, "many"))
        many();
    else if (!strcmp(what, "again"))
        again();
    else if (!strcmp(what, "resident"))
        resident();
    else if (!strcmp(what, "forked"))
        forked();
    else if (!strcmp(what, "own_rights"))
        own_rights();
    else if (!strcmp(what, "odd"))
        odd();
    else if (!strcmp(what, "past")) {
        int first = load(block + 32);
        printf("%d %d\n", first, load(block + 33));
    } else if (!strcmp(what, "empty"))
        load(malloc(0));
    else if (!strcmp(what, "twice")) {
        free(block);
        free(block);
        store(block + 16);
        free(block);
    } else if (!strcmp(what, "first"))
        first_again(block);
    else if (!strcmp(what, "jump")) {
        free(block);
        ((void (*)(void))(uintptr_t)block)();
    } else if (!strcmp(what, "handled")) {
        signal(SIGABRT, use_much_stack);
        free(block);
        store(block);
    } else if (!strncmp(what, "unopened", 8)) {
        free(block);
        use_up_mappings();
        if (!strcmp(what, "unopened_free"))
            free(block);
        else
            store(block);
    }
    puts("went on");
    return 0;
}
