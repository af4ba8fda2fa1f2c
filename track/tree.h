/*
 * The calling-context tree: one node per distinct (parent, module, offset), compared in
 * full, so that no stack is ever taken for another because two hashes agree.
 */
#ifndef MT_TRACK_TREE_H
#define MT_TRACK_TREE_H

#include "base/attr.h"
#include "base/mix.h"
#include "track/pair.h"
#include "track/region_make.h"

/* What was found lately, by return address and epoch; the words: parent in the low half,
 * child in the high one. */
#define MT_TREE_CACHE_BITS 15
extern MT_HIDDEN struct mt_pair mt_tree_cache[1u << MT_TREE_CACHE_BITS];

MT_INLINE struct mt_pair *mt_tree_cached(uint32_t parent, uintptr_t pc) {
    return &mt_tree_cache[mt_hash_top(pc ^ (uint64_t)parent << 32, MT_TREE_CACHE_BITS)];
}

uint32_t mt_tree_find(uint32_t parent, uintptr_t pc, uint32_t epoch);

/* The child of `parent` for return address `pc` in an epoch; MT_PSEUDO_OVERFLOW when the
 * table is full. Lock-free, MT_SIGNAL_SAFE. */
MT_INLINE uint32_t mt_tree_child_in(uint32_t parent, uintptr_t pc, uint32_t epoch) {
    uint64_t word;
    if (MT_LIKELY(mt_pair_get(mt_tree_cached(parent, pc), mt_pair_key(pc, epoch), &word) &&
                  (uint32_t)word == parent))
        return (uint32_t)(word >> 32);
    return mt_tree_find(parent, pc, epoch);
}

/* The same, now. */
uint32_t mt_tree_child(uint32_t parent, uintptr_t pc);

/* Empties the cache. Others may be using it. */
void mt_tree_forget(void);

/* After the region became a copy, made while others may have gone on writing to what was
 * copied: keeps the records that arrived whole and makes them findable. One thread. */
void mt_tree_adopt(void);

/* Gives the pseudo nodes of a new region their signatures. */
void mt_tree_start(void);

/* The site whose leaf is `node`, made on first use. MT_SIGNAL_SAFE. */
uint32_t mt_tree_new_site(uint32_t node);
MT_INLINE uint32_t mt_tree_site(uint32_t node) {
    uint32_t site = atomic_load_explicit(&mt_nodes[node].site, memory_order_relaxed);
    return MT_LIKELY(site) ? site : mt_tree_new_site(node);
}

/* The node of a site. */
MT_INLINE uint32_t mt_tree_node(uint32_t site) {
    return atomic_load_explicit(&mt_sites[site].node, memory_order_relaxed);
}

#endif
