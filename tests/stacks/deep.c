/*
 * deep ORDER DEPTH...: allocates `depth` bytes under `depth` frames of descend, for every
 * DEPTH in the order given. ORDER "leaf": only there. "way": one byte more on every level
 * on the way down and up too, so that other stacks were captured before and after.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int way;
static void *volatile kept;

__attribute__((noinline)) static void touch(size_t size) {
    kept = malloc(size);
    __asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) static void on_the_way(void) {
    kept = malloc(1);
    __asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) static void descend(int depth, int deepest) {
    if (way)
        on_the_way();
    if (depth == deepest)
        touch((size_t)deepest);
    else
        descend(depth + 1, deepest);
    if (way)
        on_the_way();
    __asm__ volatile("" ::: "memory");
}

int main(int argc, char **argv) {
    way = argc > 1 && !strcmp(argv[1], "way");
    for (int i = 2; i < argc; i++)
        descend(1, atoi(argv[i]));
    return 0;
}
