/* Entropy, drawn once at start. */
#ifndef MT_BASE_RANDOM_H
#define MT_BASE_RANDOM_H

#include <stddef.h>

/* Fills `bytes` (at most 256) with random bytes; falls back to AT_RANDOM and the clock
 * where getrandom() is refused. Never blocks. MT_SIGNAL_SAFE. */
void mt_random(void *bytes, size_t length);

#endif
