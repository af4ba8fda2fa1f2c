/* ways WAY bug|correct: 7 blocks from one way of allocating, not freed or freed. */
#include "leaks.h"
#include <malloc.h>

static uintptr_t hidden[7];

APART static void *allocate(const char *way, size_t size) {
    char text[100];
    void *volatile block = nullptr;
    if (!strcmp(way, "malloc"))
        block = malloc(size);
    else if (!strcmp(way, "calloc"))
        block = calloc(1, size);
    else if (!strcmp(way, "realloc"))
        block = realloc(malloc(10), size);
    else if (!strcmp(way, "grown"))
        block = realloc(realloc(malloc(8), size / 2), size);
    else if (!strcmp(way, "memalign"))
        block = memalign(4096, size);
    else if (!strcmp(way, "new"))
        block = operator new(size);
    else if (!strcmp(way, "array"))
        block = new char[size];
    else if (!strcmp(way, "strdup")) {
        memset(text, 'a', size - 1);
        text[size - 1] = '\0';
        block = strdup(text);
    }
    return block;
}

APART static void release(const char *way, void *block) {
    if (!strcmp(way, "new"))
        operator delete(block);
    else if (!strcmp(way, "array"))
        delete[] static_cast<char *>(block);
    else
        free(block);
}

APART static void take(const char *way) {
    for (uintptr_t &place : hidden)
        place = hide(allocate(way, 100));
}

APART static void give(const char *way) {
    for (uintptr_t place : hidden)
        release(way, unhide(place));
}

int main(int argc, char **argv) {
    if (argc != 3)
        return 2;
    take(argv[1]);
    if (!strcmp(argv[2], "correct"))
        give(argv[1]);
    wipe_stack();
    return 0;
}
