/*
 * reloaded LIBRARY LIBRARY: loads and unloads them in turn, at the same addresses, where
 * each has other code: what was learned of the one is not true of the other.
 */
#include "stacks/truth.h"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#define ROUNDS 60

typedef void through(void (*callback)(int), int size);

static NOINLINE void allocates(int size) {
    ENTER;
    ALLOC((size_t)size);
    LEAVE;
}

/* In the libraries' functions nobody keeps the shadow stack. */
static NOINLINE void go_through(through *function, const char *name, int size) {
    ENTER;
    truth_push(name);
    function(allocates, size);
    truth_pop();
    LEAVE;
}

int main(int argc, char **argv) {
    static const char *const name[] = {"through_one", "through_two"};
    void *last = NULL;
    int same = 0;
    if (argc != 3)
        return 1;
    truth_begin(FROM_START);
    ENTER;
    for (int i = 0; i < ROUNDS; i++) {
        void *handle = dlopen(argv[1 + i % 2], RTLD_NOW), *at;
        through *function;
        if (!handle || !(at = dlsym(handle, name[i % 2])))
            return 2;
        same += at == last;
        last = at;
        *(void **)&function = at;
        for (int size = 1; size < 5; size++)
            go_through(function, name[i % 2], size);
        dlclose(handle);
        allocates(9);
    }
    LEAVE;
    truth_print();
    return same < ROUNDS / 2 ? 3 : 0; /* else it shows nothing */
}
