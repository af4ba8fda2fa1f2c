/* Mixing of a machine word into the index of a table that lives in this process alone. */
#ifndef MT_BASE_MIX_H
#define MT_BASE_MIX_H

#include "base/attr.h"
#include <stdint.h>

/* Fibonacci hashing (Knuth, The Art of Computer Programming 3, 6.4): the top bits. */
MT_INLINE uint32_t mt_hash_top(uint64_t key, unsigned bits) {
    return (uint32_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> (64 - bits));
}

#endif
