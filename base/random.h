/* Entropy, drawn once at start. */
#ifndef MT_BASE_RANDOM_H
#define MT_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Fills `bytes` (at most 256) with random bytes; falls back to AT_RANDOM and the clock
 * where getrandom() is refused. Never blocks. MT_SIGNAL_SAFE. */
void mt_random(void *bytes, size_t length);

/* What a forked child adds to a random number, so that no two of them go on alike. Not
 * drawn: the child may be in a sandbox. MT_SIGNAL_SAFE. */
uint64_t mt_random_of_child(void);

#endif
