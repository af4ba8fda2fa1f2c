/*
 * The calling-context tree: one node per distinct (parent, module, offset), compared in
 * full, so that no stack is ever taken for another because two hashes agree.
 */
#ifndef MT_TRACK_TREE_H
#define MT_TRACK_TREE_H

#include "base/attr.h"
#include "track/region_make.h"

/* The child of `parent` for return address `pc`; MT_PSEUDO_OVERFLOW when the table is
 * full. Lock-free, MT_SIGNAL_SAFE. */
uint32_t mt_tree_child(uint32_t parent, uintptr_t pc);

/* Empties the cache of what mt_tree_child() found. Others may be using it. */
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
