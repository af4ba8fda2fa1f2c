/* Blocks that the program keeps on purpose: mtalloc_keep(). */
#ifndef MT_ALLOC_LEAKS_KEEP_H
#define MT_ALLOC_LEAKS_KEEP_H

#include <stdbool.h>
#include <stdint.h>

/* 0 or a negative errno, see mtalloc.h. MT_SIGNAL_SAFE where free() is. */
int mt_leaks_keep(void *user);

bool mt_leaks_kept(uint64_t id);

#endif
