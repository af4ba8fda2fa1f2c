/*
 * Shared by the programs of this folder. Each runs its case in functions that are not
 * inlined and wipes the stack after them, so that no copy of a pointer is left in it by
 * chance.
 */
#ifndef LEAKS_H
#define LEAKS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define APART __attribute__((noinline, unused))
/* Until here a pointer is in use. */
#define HOLD(pointer) __asm__ volatile("" ::"r"(pointer) : "memory")

struct node {
    struct node *next;
    char more[20];
};

APART static void wipe_stack(void) {
    volatile char bytes[16384];
    memset((void *)bytes, 0, sizeof bytes);
    __asm__ volatile("" ::: "memory", "rbx", "r12", "r13", "r14", "r15");
}

/* A pointer that is no pointer: kept for the free of a twin. */
static inline uintptr_t hide(const void *block) {
    return ~(uintptr_t)block;
}
static inline void *unhide(uintptr_t hidden) {
    return (void *)~hidden;
}

#endif
