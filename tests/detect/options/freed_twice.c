/* A block freed by one function, and again by another. */
#include <stdlib.h>

__attribute__((noinline)) static void first(void *volatile block) {
    free(block);
    __asm__ volatile("");
}

__attribute__((noinline)) static void second(void *volatile block) {
    free(block);
    __asm__ volatile("" ::: "memory");
}

int main(void) {
    void *volatile block = malloc(100);
    first(block);
    second(block);
    return 0;
}
