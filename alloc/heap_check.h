/* The heap check: the canaries of all live blocks, and the blocks in quarantine. */
#ifndef MT_ALLOC_HEAP_CHECK_H
#define MT_ALLOC_HEAP_CHECK_H

#include "alloc/heap_walk.h"

/* Reports each damaged block once. Returns the number of them, or a negative errno as
 * mtalloc_check() does. MT_SIGNAL_SAFE as far as freeing is. */
int mt_heap_check(void);

/* A part of the live blocks: from where the last one ended. The program goes on whatever
 * `on_error` says. MT_SIGNAL_SAFE, also where the allocator was interrupted. */
struct mt_heap_slice {
    uintptr_t from; /* 0: the beginning */
    uint64_t budget_ms;
    uint64_t damaged, blocks, looked_at_bytes; /* of all parts */
    struct mt_block overrun; /* the last that was damaged behind its end */
};
enum mt_heap_walk_end mt_heap_check_slice(struct mt_heap_slice *slice);

/* The live blocks under option `check`, within exit_budget_ms; says what was not reached.
 * The quarantine has its own, mt_quarantine_verify(). */
void mt_heap_check_at_exit(void);

#endif
