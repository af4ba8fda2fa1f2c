#include "track/verify.h"

#ifdef MT_CHECKING

#    include "base/die.h"
#    include "base/log.h"
#    include "track/counters.h"

/* One per thread would be 8 KiB each; checking builds take it. */
static MT_TLS uintptr_t *pcs;

#    include "base/pages.h"

static bool same(const struct mt_stack *stack, uint32_t count, bool complete) {
    if (count != stack->count || complete == stack->truncated)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (pcs[i] != stack->frame[count - 1 - i].pc)
            return false;
    return true;
}

void mt_verify_capture(struct mt_thread *thread, const struct mt_stack *stack,
                       const struct mt_cursor *innermost) {
    bool complete;
    if (thread->capturing > 1)
        return;
    if (!pcs && !(pcs = mt_pages_map(MT_STACK_FRAMES * sizeof *pcs)))
        return;
    uint32_t count = mt_unwind_all(thread, innermost, pcs, MT_STACK_FRAMES, &complete);
    mt_add_u64(&thread->shard->checked, 1, thread->shared);
    if (same(stack, count, complete))
        return;
    mt_log(MT_LOG_ERROR, "checking: incremental capture and full unwind differ", NULL, NULL,
           NULL);
    mt_die();
}

#endif
