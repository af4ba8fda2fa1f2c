/*
 * Leaks: option `leaks` at exit, mtalloc_leaks() at any time. What is found goes to the log
 * and into the region, from where summaries have it.
 */
#ifndef MT_ALLOC_LEAKS_H
#define MT_ALLOC_LEAKS_H

#include <stdint.h>

/* `mode` is one of option leaks' values. The caller's stack is in use from `low` on, where
 * its registers are. Returns the number of lost blocks (MT_LEAKS_REACHABLE), or of live
 * ones, INT_MAX at most, or a negative errno, see mtalloc.h. MT_SIGNAL_SAFE where free()
 * is. */
int mt_leaks_look(uint32_t mode, uintptr_t low, uint64_t budget_ms);

void mt_leaks_at_exit(uintptr_t low);

/* In a forked child: what was found is its parent's. */
void mt_leaks_after_fork(void);

#endif
