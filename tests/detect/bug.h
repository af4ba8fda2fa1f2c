/*
 * Every program of this folder has one bug, and none when it is given an argument.
 * The bug is `bug`; blocks come from and go through functions that show in its stacks.
 * A last line "went on" shows that the program was not stopped.
 */
#ifndef BUG_H
#define BUG_H

#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern int bug;
int bug;

__attribute__((noinline, unused)) static void *allocate_block(size_t size) {
    char *volatile block = malloc(size);
    return block;
}

__attribute__((noinline, unused)) static void release_block(void *volatile block) {
    free(block);
    __asm__ volatile("" ::: "memory");
}

/* Writes where the compiler must not see that it is wrong; never the byte that is there,
 * which a random canary makes one in 255 times. */
__attribute__((noinline, unused)) static void write_at(void *block, ptrdiff_t index) {
    volatile char *volatile at = block;
    at[index] = (char)(at[index] ^ 0x55);
}

__attribute__((noinline)) static void run(void);

int main(int argc, char **argv) {
    (void)argv;
    bug = argc == 1;
    run();
    puts("went on");
    return 0;
}

#endif
