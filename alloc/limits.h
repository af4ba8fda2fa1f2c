/* What is looked at in every allocation when an option asks for it. */
#ifndef MT_ALLOC_LIMITS_H
#define MT_ALLOC_LIMITS_H

#include "alloc/block.h"
#include "alloc/watch.h"

/* True if the options ask for something that the entry points' fast paths do not do:
 * quarantine, fill, break_on_id, check=headers, limit_alloc below what is allocated
 * there. */
bool mt_limits_slow(const struct mt_options *options);

/* Stops in the debugger at option break_on_id. */
void mt_limits_break(void);
MT_INLINE void mt_limits_on_id(uint64_t id) {
    if (MT_UNLIKELY(id == mt_options->break_on_id) && id)
        mt_limits_break();
}

/* Looks at a new block when a limit on single allocations is set. */
MT_INLINE void mt_limits_on_size(void *user) {
    if (MT_UNLIKELY(mt_watch_has(MT_WATCH_ALLOC)))
        mt_watch_alloc(user);
}

#endif
