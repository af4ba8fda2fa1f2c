/*
 * A header has no bit left, and its check covers all of it, so kept blocks are remembered
 * by allocation ID, which no other block ever has: a bounded table, found by hashing in one
 * of PROBES places. Where these are full, blocks that were freed meanwhile make room.
 */
#include "alloc/leaks_keep.h"

#include "alloc/block.h"
#include "base/mix.h"

#include <errno.h>

#define KEPT_BITS 12
#define KEPT      (1u << KEPT_BITS)
#define PROBES    64u /* every block that is looked at may cost as many */

static struct {
    _Atomic uint64_t id; /* 0: free, 1 bit above the ID: being written */
    void *user;
} kept[KEPT];
#define CLAIMED (UINT64_C(1) << 63)
static _Atomic uint32_t entries;

static uint32_t place(uint64_t id, uint32_t step) {
    return ((uint32_t)mt_hash_top(id, KEPT_BITS) + step) % KEPT;
}

bool mt_leaks_kept(uint64_t id) {
    if (!atomic_load_explicit(&entries, memory_order_relaxed))
        return false;
    for (uint32_t step = 0; step < PROBES; step++) {
        uint64_t there = atomic_load(&kept[place(id, step)].id);
        if (there == id)
            return true;
        if (!there)
            return false;
    }
    return false;
}

/* A block that was freed: its memory may be gone, or another block's. */
static bool stale(uint32_t index, uint64_t id) {
    struct mt_block block;
    void *user = kept[index].user;
    return !mt_pages_readable((uintptr_t)mt_header_of(user)) ||
           !mt_block_open_as(user, MT_LIVE, &block) || block.id != id;
}

static bool take(uint32_t index, uint64_t expected, const struct mt_block *block) {
    if (!atomic_compare_exchange_strong(&kept[index].id, &expected, block->id | CLAIMED))
        return false;
    kept[index].user = block->user;
    atomic_store(&kept[index].id, block->id);
    return true;
}

int mt_leaks_keep(void *user) {
    struct mt_block block;
    if (!user || mt_block_open(user, &block) != MT_BLOCK_GOOD || !block.id)
        return -EINVAL;
    if (mt_leaks_kept(block.id))
        return 0;
    for (uint32_t step = 0; step < PROBES; step++)
        if (take(place(block.id, step), 0, &block)) {
            atomic_fetch_add(&entries, 1);
            return 0;
        }
    /* Every one of its places is taken, so one may change its owner without cutting off
     * what was put further on because it was taken. */
    for (uint32_t step = 0; step < PROBES; step++) {
        uint32_t index = place(block.id, step);
        uint64_t id = atomic_load(&kept[index].id);
        if (!(id & CLAIMED) && stale(index, id) && take(index, id, &block))
            return 0;
    }
    return -ENOSPC;
}
