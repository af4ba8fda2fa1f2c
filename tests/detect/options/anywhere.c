/* A block is written past its end and freed, at an odd moment: anywhere MOMENT. */
#include <elf.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noinline)) static void bug(void) {
    char *volatile block = malloc(100);
    block[100] ^= 0x55;
    free(block);
    __asm__ volatile("" ::: "memory");
}

static void on_signal(int number) {
    (void)number;
    bug();
}

/* In a handler on a small stack of its own. */
static void in_handler(void) {
    static char stack[16384];
    const stack_t alternate = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};
    sigaltstack(&alternate, NULL);
    sigaction(SIGUSR2, &action, NULL);
    raise(SIGUSR2);
}

static void in_child(void) {
    pid_t pid = fork();
    if (pid == 0) {
        bug();
        _exit(0);
    }
    int status;
    waitpid(pid, &status, 0);
    if (WIFSIGNALED(status))
        raise(WTERMSIG(status));
}

static void *in_thread(void *key) {
    pthread_setspecific(*(pthread_key_t *)key, key);
    return NULL;
}
static void destroy(void *unused) {
    (void)unused;
    bug();
}
static void in_destructor(void) {
    static pthread_key_t key;
    pthread_t thread;
    pthread_key_create(&key, destroy);
    if (pthread_create(&thread, NULL, in_thread, &key) == 0)
        pthread_join(thread, NULL);
}

static void with_nothing_open(void) {
    for (int fd = 0; fd < 256; fd++)
        close(fd);
    bug();
}

/* Where the region is, from the library's note. */
static int look(struct dl_phdr_info *object, size_t size, void *found) {
    (void)size;
    if (!strstr(object->dlpi_name, "libmtalloc.so"))
        return 0;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const char *at = (const char *)object->dlpi_addr + object->dlpi_phdr[i].p_vaddr;
        const char *end = at + object->dlpi_phdr[i].p_memsz;
        if (object->dlpi_phdr[i].p_type != PT_NOTE)
            continue;
        while (at + sizeof(ElfW(Nhdr)) < end) {
            const ElfW(Nhdr) *note = (const void *)at;
            const char *name = (const char *)(note + 1);
            const char *desc = name + ((note->n_namesz + 3) & ~3u);
            if (!strcmp(name, "mtalloc")) {
                int64_t distance;
                memcpy(&distance, desc, sizeof distance);
                memcpy(found, desc + distance, sizeof(char *));
            }
            at = desc + ((note->n_descsz + 3) & ~3u);
        }
    }
    return 0;
}

/* The tables of modules, sites and nodes become rubbish, but for the first pages' counts.
 */
static void with_damaged_tables(void) {
    struct table {
        uint64_t offset;
        uint32_t stride, capacity, used, open;
    };
    char *region = NULL;
    char *volatile block = malloc(100);
    dl_iterate_phdr(look, &region);
    if (!region)
        _exit(3);
    const struct table *table = (const struct table *)(region + 24);
    static const int damaged[] = {0, 3, 4}; /* modules, sites, nodes */
    for (int i = 0; i < 3; i++) {
        const struct table *t = &table[damaged[i]];
        memset(region + t->offset, 0xa5, (size_t)t->used * t->stride);
    }
    block[100] ^= 0x55;
    free(block);
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        void (*run)(void);
    } moments[] = {{"handler", in_handler},
                   {"child", in_child},
                   {"destructor", in_destructor},
                   {"closed", with_nothing_open},
                   {"damaged", with_damaged_tables}};
    for (size_t i = 0; argc > 1 && i < sizeof moments / sizeof *moments; i++)
        if (!strcmp(argv[1], moments[i].name))
            moments[i].run();
    if (argc > 1 && !strcmp(argv[1], "exit"))
        atexit(bug);
    return 0;
}
