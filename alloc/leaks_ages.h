/*
 * How old a block is, at most: a bounded table of (allocation ID, time) from which its ID
 * tells when it had not been given out yet. Filled when a thread takes IDs, every few
 * milliseconds at first and ever more seldom: about a 256th of the program's time.
 */
#ifndef MT_ALLOC_LEAKS_AGES_H
#define MT_ALLOC_LEAKS_AGES_H

#include <stdint.h>

/* Notes which IDs were given out, `now_ms` after the start. MT_SIGNAL_SAFE. */
void mt_ages_note(uint64_t now_ms);

/* In a forked child, which may have been forked in the middle of that. */
void mt_ages_after_fork(void);

/* Takes a copy for mt_ages_of(), for one thread. */
void mt_ages_begin(uint64_t now_ms);
/* Milliseconds since the block was allocated, at most. */
uint64_t mt_ages_of(uint64_t id);

#endif
