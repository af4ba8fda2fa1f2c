/* Prints where calls return to, as offsets from the first loaded segment: once out of a
 * plain function, once out of two that were inlined into it. */
#include <stdint.h>
#include <stdio.h>

extern const char __executable_start[];

__attribute__((noinline)) static void note(const char *name) {
    printf("%s %lu\n", name,
           (unsigned long)((uintptr_t)__builtin_return_address(0) -
                           ((uintptr_t)__executable_start & ~(uintptr_t)4095)));
}

static inline __attribute__((always_inline)) void innermost(void) {
    note("inlined"); /* the note */
    __asm__ volatile("");
}

static inline __attribute__((always_inline)) void middle(void) {
    innermost(); /* calls innermost */
}

__attribute__((noinline)) static void outermost(void) {
    middle();      /* calls middle */
    note("plain"); /* the plain note */
    __asm__ volatile("");
}

int main(void) {
    outermost(); /* calls outermost */
    return 0;
}
