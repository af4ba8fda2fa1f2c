/* From the caller of an exported function to the site it counts for. */
#ifndef MT_TRACK_CAPTURE_H
#define MT_TRACK_CAPTURE_H

#include "track/counters.h"
#include "track/last_stack.h"
#include "track/modules.h"
#include "track/thread.h"
#include "track/verify.h"

/* Where an operation is counted: a site, and its record in the thread's shard. */
struct mt_place {
    uint32_t site;
    struct mt_counter *counter;
};

/*
 * The site of the stack that leads to the exported function whose frame address is
 * `entry`: the word there is the caller's frame pointer, the next one the return address.
 * The innermost frame of the stack is that function's caller.
 *
 * Exact, by option `frames` and the DEPTH rule in capture.c. No lock, no allocation, no
 * loader lock; never faults. MT_SIGNAL_SAFE, also within an interrupted call of itself.
 */
struct mt_place mt_capture_changed(struct mt_thread *thread, uintptr_t entry);

/* The same; a recent capture may be this one. */
struct mt_place mt_capture_recent(struct mt_thread *thread, uintptr_t entry);

/* A hit only reads, so a signal handler that captured in between is noticed by the number
 * of captures begun, here at the end: false, and what was read may be torn. Counts the hit
 * otherwise. */
MT_INLINE bool mt_capture_hit(struct mt_thread *thread, uint32_t begun, uint32_t frames,
                              bool shared) {
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (MT_UNLIKELY(thread->captures != begun))
        return false;
    mt_add_u64(&thread->shard->captures, 1, shared);
    mt_add_u64(&thread->shard->verified, frames, shared);
    return true;
}

/* The usual case: the stack of the last capture again, to the last word. */
MT_INLINE struct mt_place mt_capture_full(struct mt_thread *thread, uintptr_t entry,
                                          bool shared) {
    const uintptr_t *slot = (const uintptr_t *)entry;
    const struct mt_stack *stack = &thread->stack;
    uint32_t begun = thread->captures, count = stack->again;
    const struct mt_frame *frame = &stack->frame[count];
    if (MT_LIKELY(count && thread->epoch == mt_module_epoch) &&
        frame->sp == entry + 2 * sizeof(uintptr_t) && frame->pc == slot[1] &&
        (frame->bp_any || frame->bp == slot[0]) &&
        MT_LIKELY(mt_stack_verify(stack, &count))) {
        struct mt_place place = {stack->site, stack->counter};
        if (MT_LIKELY(mt_capture_hit(thread, begun, count, shared))) {
            mt_verify_capture(thread, place.site, entry);
            return place;
        }
    }
    return mt_capture_recent(thread, entry);
}

/* The place for the immediate caller alone. */
struct mt_place mt_capture_caller(struct mt_thread *thread, uintptr_t entry);

/* The place of a site in the thread's shard; [overflow]'s where there is no room for it. */
struct mt_place mt_place_of_site(struct mt_thread *thread, uint32_t site);

/* How many of a stack's `depth` frames are dropped, outermost first. */
uint32_t mt_capture_cut(uint32_t depth);

/* Set once by init from the options, sealed with them. */
extern MT_HIDDEN uint32_t mt_capture_frames;

#endif
