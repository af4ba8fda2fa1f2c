/*
 * What a program knows about its own allocations: a shadow stack of function names kept by
 * hand, and how often each stack allocated and freed. Printed at the end as lines of
 * "allocs alloc_bytes frees free_bytes outermost;...;innermost", as tests/summary.py
 * prints what the library recorded. Inlined functions do not appear in either.
 */
#ifndef TRUTH_H
#define TRUTH_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TRUTH_DEPTH 700

struct truth_stack {
    int depth;
    const char *name[TRUTH_DEPTH];
};

/* The calling thread's shadow stack; a coroutine brings one of its own. */
extern __thread struct truth_stack *truth_now;

void truth_begin(const char *outer); /* a thread's stack so far, "a;b;c" */
void truth_push(const char *name);
void truth_pop(void);
void *truth_keep(void *block, size_t size); /* counts an allocation, returns the block */
void truth_count(size_t size, int freed);   /* one that others make, and maybe free */
void truth_gone(void *block); /* of what truth_keep was given: is freed by others */
void truth_free(void *block); /* frees it */
void truth_free_every_third(void);
void truth_print(void);

#ifdef __cplusplus
}
#endif

/* Everything between ENTER and LEAVE happens in this function: nothing is a tail call. */
#define ENTER       truth_push(__func__)
#define LEAVE       truth_pop()
#define ALLOC(size) truth_keep(malloc(size), size)

#define NOINLINE __attribute__((noinline, noclone))
#if defined(__clang__)
#    undef NOINLINE
#    define NOINLINE __attribute__((noinline))
#endif
#define INLINED static inline __attribute__((always_inline))

#define FROM_START "_start;libc" /* what is around main, constructors and exit handlers */
#define FROM_CLONE "libc"        /* around a thread's function, and a context's */
#define LOADER     "ld-linux-x86-64"

#endif
