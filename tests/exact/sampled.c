/*
 * Twelve stacks that end in the same call, taken in turn at random, the same in each run.
 * Prints for each of them "function size allocations live", as made. With an argument: two
 * stacks, one of which is sampled nearly always.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define PATHS 12
#define KEPT  40000

static uint64_t state = 12345;
static unsigned next_random(void) {
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(state >> 33);
}

static __attribute__((noinline)) void *get(size_t size) {
    void *user = malloc(size);
    if (!user)
        abort();
    return user;
}

#define PATH(n)                                                                            \
    static __attribute__((noinline)) void *path_##n(size_t size) {                         \
        void *user = get(size);                                                            \
        __asm__ volatile("" : "+r"(user) : "i"(n)); /* no tail call, no folding */         \
        return user;                                                                       \
    }
PATH(0)
PATH(1)
PATH(2)
PATH(3)
PATH(4)
PATH(5)
PATH(6)
PATH(7)
PATH(8)
PATH(9)
PATH(10)
PATH(11)

static const struct {
    void *(*path)(size_t);
    unsigned size, share; /* of 100 allocations */
} paths[PATHS] = {{path_0, 16, 20},   {path_1, 24, 18},     {path_2, 48, 14},
                  {path_3, 100, 12},  {path_4, 200, 10},    {path_5, 333, 8},
                  {path_6, 1000, 6},  {path_7, 4096, 4},    {path_8, 10000, 3},
                  {path_9, 40000, 2}, {path_10, 100000, 1}, {path_11, 150000, 2}};

/* Blocks that are all but certainly sampled, beside others of the same call that are not.
 */
static int certain(void) {
    static void *volatile kept[140];
    for (int i = 0; i < 140; i++)
        kept[i] = i < 100 ? path_0((size_t)4 << 20) : path_1((size_t)64 << 10);
    return kept[139] == NULL;
}

int main(int argc, char **argv) {
    (void)argv;
    if (argc > 1)
        return certain();
    static void *kept[KEPT];
    unsigned count[PATHS] = {0}, live[PATHS] = {0}, keeps = 0;
    for (unsigned i = 0; i < 400000; i++) {
        unsigned draw = next_random() % 100, path = 0;
        while (draw >= paths[path].share)
            draw -= paths[path++].share;
        void *user = paths[path].path(paths[path].size);
        count[path]++;
        if (keeps < KEPT && paths[path].size <= 333 && next_random() % 8 == 0) {
            kept[keeps++] = user;
            live[path]++;
        } else {
            free(user);
        }
    }
    for (unsigned path = 0; path < PATHS; path++)
        printf("path_%u %u %u %u\n", path, paths[path].size, count[path], live[path]);
    return kept[0] == NULL;
}
