/* Prints what the loader says when the library is loaded late. */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv) {
    void *library = argc > 1 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    puts(library ? "loaded" : dlerror());
    return 0;
}
