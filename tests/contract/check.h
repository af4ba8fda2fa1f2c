/* CHECK(condition) says which one does not hold; main returns failures(). */
#ifndef CHECK_H
#define CHECK_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failed;

#define CHECK(condition)                                                                   \
    do {                                                                                   \
        if (!(condition) && failed++ < 20)                                                 \
            printf("%s:%d: %s\n", __FILE__, __LINE__, #condition);                         \
    } while (0)

/* The same with a number that tells which round of a loop it was. */
#define CHECK_AT(condition, round)                                                         \
    do {                                                                                   \
        if (!(condition) && failed++ < 20)                                                 \
            printf("%s:%d: %s at %zu\n", __FILE__, __LINE__, #condition, (size_t)(round)); \
    } while (0)

static inline int failures(void) {
    return failed != 0;
}

/* A pattern that differs from byte to byte and between blocks. */
static inline void fill(void *block, size_t size, unsigned seed) {
    unsigned char *at = (unsigned char *)block;
    for (size_t i = 0; i < size; i++)
        at[i] = (unsigned char)(i * 7 + i / 251 + seed);
}

static inline int is_filled(const void *block, size_t size, unsigned seed) {
    const unsigned char *at = (const unsigned char *)block;
    for (size_t i = 0; i < size; i++)
        if (at[i] != (unsigned char)(i * 7 + i / 251 + seed))
            return 0;
    return 1;
}

static inline int is_zero(const void *block, size_t size) {
    const unsigned char *at = (const unsigned char *)block;
    for (size_t i = 0; i < size; i++)
        if (at[i])
            return 0;
    return 1;
}

static inline int is_aligned(const void *block, size_t alignment) {
    return (uintptr_t)block % alignment == 0;
}

#endif
