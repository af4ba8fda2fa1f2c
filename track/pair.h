/*
 * Entries of a cache that all threads share, lock-free: the key is stored exclusive-or the
 * word, so that a torn pair never matches (Hyatt and Mann, "A lockless transposition
 * table", ICGA Journal 25(1), 2002). A word may name a record that another thread has made:
 * release and acquire, so that who finds the name finds the record.
 */
#ifndef MT_TRACK_PAIR_H
#define MT_TRACK_PAIR_H

#include "base/attr.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct mt_pair {
    _Atomic uint64_t mixed_key;
    _Atomic uint64_t word;
};

/* A code address in an epoch; user addresses have 47 bits. An epoch comes again after
 * 65,536 others: then the cache must have been emptied. */
MT_INLINE uint64_t mt_pair_key(uintptr_t address, uint32_t epoch) {
    return address ^ (uint64_t)epoch << 48;
}

MT_INLINE bool mt_pair_get(const struct mt_pair *pair, uint64_t key, uint64_t *word) {
    *word = atomic_load_explicit(&pair->word, memory_order_acquire);
    uint64_t mixed = atomic_load_explicit(&pair->mixed_key, memory_order_relaxed);
    return (mixed ^ *word) == key;
}

MT_INLINE void mt_pair_put(struct mt_pair *pair, uint64_t key, uint64_t word) {
    atomic_store_explicit(&pair->word, word, memory_order_release);
    atomic_store_explicit(&pair->mixed_key, key ^ word, memory_order_relaxed);
}

/* Empties a cache. Others may be using it. */
static inline void mt_pairs_forget(struct mt_pair *pair, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        mt_pair_put(&pair[i], 0, 0);
}

#endif
