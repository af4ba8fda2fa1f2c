/* Allocation that ends the program when there is no memory. */
#ifndef DOCINDEX_MEMORY_H
#define DOCINDEX_MEMORY_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline void *must_have(void *block) {
    if (block == NULL) {
        fputs("docindex: out of memory\n", stderr);
        exit(1);
    }
    return block;
}

static inline void *must_allocate(size_t bytes) {
    return must_have(malloc(bytes));
}

static inline void *must_resize(void *block, size_t bytes) {
    return must_have(realloc(block, bytes));
}

static inline char *must_copy(const char *text, size_t bytes) {
    char *copy = must_allocate(bytes + 1);
    memcpy(copy, text, bytes);
    copy[bytes] = '\0';
    return copy;
}

#endif
