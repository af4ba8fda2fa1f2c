/*
 * What the program can reach without going through a block: its modules' data, what it
 * mapped itself, its threads' stacks, registers and thread-local storage.
 */
#ifndef MT_ALLOC_LEAKS_ROOTS_H
#define MT_ALLOC_LEAKS_ROOTS_H

#include <stdbool.h>
#include <stdint.h>

/* The stack of the thread that looks is in use from `low` on. The other threads are as
 * mt_leaks_threads_stop() left them. False: the mappings cannot be listed. MT_SIGNAL_SAFE.
 */
bool mt_leaks_mark_roots(uintptr_t low);

#endif
