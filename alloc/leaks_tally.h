/* Adds up what a look for leaks finds: by site and state, and the largest single blocks. */
#ifndef MT_ALLOC_LEAKS_TALLY_H
#define MT_ALLOC_LEAKS_TALLY_H

#include "alloc/block.h"

/* `singles`: blocks of this state are kept one by one, too; MT_LEAK_STATES: none are.
 * False: no memory. All of these are MT_SIGNAL_SAFE, for one thread. */
bool mt_tally_begin(enum mt_leak_state singles);

/* The buffers of the standard streams are left out. */
void mt_tally_add(const struct mt_block *block, enum mt_leak_state state);

/* Puts the result in the region: first the sites, what is lost before what is not and the
 * most bytes first, then single blocks, the largest first. `sums` has mode, why, at_ms. */
void mt_tally_end(struct mt_leak_sums *sums);

/* Without a result: the region keeps what it has. */
void mt_tally_drop(void);

#endif
