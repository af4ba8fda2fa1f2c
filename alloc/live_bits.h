/*
 * One bit for each 16 bytes of the heap, under check=headers: set where the header of a
 * live block is. A header that was written over can't say any more that there is a block.
 */
#ifndef MT_ALLOC_LIVE_BITS_H
#define MT_ALLOC_LIVE_BITS_H

#include "base/attr.h"
#include "base/options.h"

/* True when they are kept, which only the general paths do. Set at start. */
extern MT_HIDDEN bool mt_live_bits_on;

/* Without address space for it, says so and stays off. */
void mt_live_bits_start(const struct mt_options *options);

/* Once the header is written; before it is changed. A bit for which there is no memory
 * stays 0. errno kept, no lock. MT_SIGNAL_SAFE. */
void mt_live_bit_set(const void *user);
void mt_live_bit_clear(const void *user);

bool mt_live_bit(const void *user);

MT_INLINE void mt_live_begin(const void *user) {
    if (MT_UNLIKELY(mt_live_bits_on))
        mt_live_bit_set(user);
}
MT_INLINE void mt_live_end(const void *user) {
    if (MT_UNLIKELY(mt_live_bits_on))
        mt_live_bit_clear(user);
}

#endif
