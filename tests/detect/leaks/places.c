/*
 * places PLACE lost|held: what leads to the blocks lies in PLACE until the look, or no
 * longer; prints what mtalloc_leaks() returns. Each place holds a list of three.
 */
#include "leaks.h"
#include "mtalloc/mtalloc.h"
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <sys/mman.h>

/* Not static: they are never read, and must not be taken for superfluous. */
extern struct node *global, *in_bss[1000], *in_data[4];
extern _Thread_local struct node *in_tls;
struct node *global, *in_bss[1000], *in_data[4] = {(struct node *)1};
_Thread_local struct node *in_tls;
static int lost;
static pthread_barrier_t there, looked;

APART static struct node *list(unsigned length) {
    struct node *first = NULL;
    for (unsigned i = 0; i < length; i++) {
        struct node *volatile node = malloc(sizeof *node);
        node->next = first;
        first = node;
    }
    return first;
}

APART static void in_global(void) {
    global = list(3);
    if (lost)
        global = NULL;
}
APART static void in_bss_array(void) {
    in_bss[777] = list(3);
    if (lost)
        in_bss[777] = NULL;
}
APART static void in_data_array(void) {
    in_data[3] = list(3);
    if (lost)
        in_data[3] = NULL;
}
APART static void in_main_tls(void) {
    in_tls = list(3);
    if (lost)
        in_tls = NULL;
}
APART static void in_mapping(void) {
    struct node **memory =
        mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memory[100000] = list(3);
    if (lost)
        memory[100000] = NULL;
}
/* As the loader protects what it has relocated. */
APART static void in_protected(void) {
    struct node **memory =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memory[100] = list(3);
    if (lost)
        memory[100] = NULL;
    mprotect(memory, 4096, PROT_READ);
}
APART static void in_block(void) {
    struct node **block = malloc(3000000);
    block[300000] = list(2);
    global = (struct node *)block;
    if (lost)
        global = NULL;
}
APART static void in_interior(void) {
    struct node *first = list(3);
    global = (struct node *)((char *)first + 17);
    if (lost)
        global = (struct node *)((char *)first - 17);
}
APART static void at_end(void) {
    struct node *first = list(3);
    global = lost ? NULL : first + 1;
}
APART static void in_freed_block(void) {
    struct node **block = malloc(sizeof *block * 4);
    block[3] = list(3);
    if (lost)
        free(block);
    else
        global = (struct node *)block;
}
APART static void in_key(void) {
    static pthread_key_t key;
    pthread_key_create(&key, NULL);
    pthread_setspecific(key, list(3));
    if (lost)
        pthread_setspecific(key, NULL);
}

/* ---- a thread's ---- */

APART static void in_frame(void) {
    struct node *volatile here = list(3);
    wipe_stack();
    if (lost)
        here = NULL;
    pthread_barrier_wait(&there);
    pthread_barrier_wait(&looked);
    (void)here;
}
APART static void set_thread_tls(void) {
    in_tls = list(3);
    if (lost)
        in_tls = NULL;
}
APART static void in_thread_tls(void) {
    set_thread_tls();
    wipe_stack();
    pthread_barrier_wait(&there);
    pthread_barrier_wait(&looked);
}
static struct node **(*place_of_library)(void);
APART static void set_dynamic_tls(void) {
    *place_of_library() = list(3);
    if (lost)
        *place_of_library() = NULL;
}
APART static void in_dynamic_tls(void) {
    set_dynamic_tls();
    wipe_stack();
    pthread_barrier_wait(&there);
    pthread_barrier_wait(&looked);
}

static void *run_thread(void *function) {
    ((void (*)(void))function)();
    return NULL;
}

static const struct {
    const char *name;
    void (*here)(void), (*in_thread)(void);
} places[] = {
    {"global", in_global, NULL},
    {"bss", in_bss_array, NULL},
    {"data", in_data_array, NULL},
    {"tls", in_main_tls, NULL},
    {"mapping", in_mapping, NULL},
    {"protected", in_protected, NULL},
    {"block", in_block, NULL},
    {"interior", in_interior, NULL},
    {"end", at_end, NULL},
    {"freed", in_freed_block, NULL},
    {"key", in_key, NULL},
    {"stack", NULL, in_frame},
    {"thread_tls", NULL, in_thread_tls},
    {"dynamic_tls", NULL, in_dynamic_tls},
};

APART static int look(void (*in_thread)(void)) {
    pthread_t thread;
    if (!in_thread)
        return mtalloc_leaks(MTALLOC_LEAKS_REACHABLE);
    pthread_barrier_init(&there, NULL, 2);
    pthread_barrier_init(&looked, NULL, 2);
    if (pthread_create(&thread, NULL, run_thread, (void *)in_thread) != 0)
        return -EAGAIN;
    pthread_barrier_wait(&there);
    int result = mtalloc_leaks(MTALLOC_LEAKS_REACHABLE);
    pthread_barrier_wait(&looked);
    pthread_join(thread, NULL);
    return result;
}

#ifdef LIBRARY
extern struct node **place_in_library(void);
#endif

int main(int argc, char **argv) {
    if (argc != 3)
        return 2;
    lost = !strcmp(argv[2], "lost");
#ifdef LIBRARY
    place_of_library = place_in_library;
#endif
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (strcmp(places[i].name, argv[1]) != 0)
            continue;
        if (places[i].here)
            places[i].here();
        wipe_stack();
        printf("%d\n", look(places[i].in_thread));
        return 0;
    }
    return 2;
}
