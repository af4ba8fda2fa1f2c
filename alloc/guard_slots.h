/* Blocks in guard slots: their end, and whose an address is. */
#ifndef MT_ALLOC_GUARD_SLOTS_H
#define MT_ALLOC_GUARD_SLOTS_H

#include "alloc/block.h"

/* mt_block_open() of a pointer into the slots. What is known of a freed one is kept outside
 * of it, so nothing of it is read. */
enum mt_block_fault mt_guard_open(void *user, struct mt_block *block);

/* Turns a live block into a freed one; false if somebody else freed it in this moment. */
bool mt_guard_claim(const struct mt_block *block);

/* Closes the slot of a claimed block, whose end is counted. */
void mt_guard_release(struct mt_thread *thread, const struct mt_block *block,
                      uintptr_t entry);

/* The block that an address in the slots belongs to, or lies nearest to. */
struct mt_guard_hit {
    struct mt_block block;
    bool freed;
    uint32_t free_site;
};
bool mt_guard_find(uintptr_t at, struct mt_guard_hit *hit);

/* Makes the page of a closed address accessible, until its slot is used again. False: there
 * are as many mappings as there may be. */
bool mt_guard_let(uintptr_t at, bool write);

#endif
