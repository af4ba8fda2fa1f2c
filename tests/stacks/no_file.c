/*
 * Code of a module without a file, as the vdso is: a library copied into anonymous memory,
 * loaded from there, and calling back. no_file LIBRARY.
 */
#include "stacks/truth.h"
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

static NOINLINE void called_back(int i) {
    ENTER;
    ALLOC((size_t)i + 100);
    LEAVE;
}

/* What dlopen itself allocates is no one's here. */
static NOINLINE void *load(const char *library) {
    char path[64];
    int file = open(library, O_RDONLY), memory = memfd_create("made", 0);
    if (file < 0 || memory < 0 || sendfile(memory, file, NULL, 1 << 24) <= 0)
        return NULL;
    snprintf(path, sizeof path, "/proc/self/fd/%d", memory);
    void *loaded = dlopen(path, RTLD_NOW);
    close(file);
    close(memory);
    return loaded;
}

int main(int argc, char **argv) {
    void *loaded = argc == 2 ? load(argv[1]) : NULL;
    void (*work)(int, void (*)(int)) = NULL;
    if (loaded)
        *(void **)&work = dlsym(loaded, "library_work");
    if (!work)
        return 2;
    truth_begin(FROM_START ";main");
    work(5, called_back);
    truth_free_every_third();
    truth_print();
    return 0;
}
