/*
 * Walks over the allocator's resident memory and finds blocks by their headers, which prove
 * themselves; nothing is kept per block. Other threads go on: what is found was there when
 * it was looked at.
 */
#ifndef MT_ALLOC_HEAP_WALK_H
#define MT_ALLOC_HEAP_WALK_H

#include "alloc/block.h"

struct mt_heap_found {
    struct mt_block block;
    enum mt_state state;
    /* Of a live block: as mt_canary_difference(), 0 if its canary is intact. Damage is no
     * race: the same allocation had it before and after it was looked at, twice. */
    unsigned __int128 damage;
    /* Under check=headers: the header of a live block was written over. The block is what
     * can still be said of it, its `user` in any case. */
    bool header_damaged, known;
};

struct mt_heap_walk {
    void (*found)(const struct mt_heap_found *found, void *context);
    void *context;
    uint64_t budget_ms;       /* UINT64_MAX: as long as it takes */
    bool swapped;             /* look at pages that are swapped out, too */
    uint64_t looked_at_bytes; /* out */
    uintptr_t from;           /* nothing before it is looked at; out, where one is late:
                                 where the next one goes on */
    bool blind;               /* out: pages that are swapped out could not be told */
};

enum mt_heap_walk_end {
    MT_WALK_WHOLE,
    MT_WALK_LATE,   /* the budget is used up */
    MT_WALK_BUSY,   /* another walk goes on; this one was not begun */
    MT_WALK_REFUSED /* the system does not let the process read its own memory */
};

/* One at a time. Takes no memory and no lock. Blocks inside of a live block are not looked
 * for. MT_SIGNAL_SAFE. */
enum mt_heap_walk_end mt_heap_walk(struct mt_heap_walk *walk);

#endif
