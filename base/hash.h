/*
 * XXH3-64, inlined from the packaged header. Its results are the same on every machine, so
 * they may go into summaries. MT_SIGNAL_SAFE; no allocation.
 */
#ifndef MT_BASE_HASH_H
#define MT_BASE_HASH_H

#include "base/attr.h"
#include <stddef.h>
#include <stdint.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

MT_INLINE uint64_t mt_hash_seeded(const void *bytes, size_t length, uint64_t seed) {
    return XXH3_64bits_withSeed(bytes, length, seed);
}

/* A hash over pieces. 576 bytes, so it belongs into static memory, not on the stack. */
typedef XXH3_state_t mt_hash_state;

static inline void mt_hash_start(mt_hash_state *state) {
    (void)XXH3_64bits_reset(state);
}
static inline void mt_hash_add(mt_hash_state *state, const void *bytes, size_t length) {
    (void)XXH3_64bits_update(state, bytes, length);
}
static inline uint64_t mt_hash_end(const mt_hash_state *state) {
    return XXH3_64bits_digest(state);
}

#endif
