/* From the caller of an exported function to the site it counts for. */
#ifndef MT_TRACK_CAPTURE_H
#define MT_TRACK_CAPTURE_H

#include "track/counters.h"
#include "track/last_stack.h"
#include "track/modules.h"
#include "track/thread.h"
#include "track/verify.h"

/* Where an operation is counted: a site, and its record in the thread's shard. The stamp is
 * the site and whether the dynamic loader called, as a block's header has them. */
struct mt_place {
    uint64_t stamp;
    struct mt_counter *counter;
};
#define MT_STAMP_LOADER (UINT64_C(1) << 46)

MT_INLINE uint32_t mt_place_site(struct mt_place place) {
    return (uint32_t)place.stamp;
}
MT_INLINE uint64_t mt_stamp(uint32_t site, uintptr_t pc) {
    return site |
           (MT_UNLIKELY(pc - mt_loader_start < mt_loader_bytes) ? MT_STAMP_LOADER : 0);
}

/*
 * The site of the stack that leads to the exported function whose frame address is
 * `entry`: the word there is the caller's frame pointer, the next one the return address.
 * The innermost frame of the stack is that function's caller.
 *
 * Exact, by option `frames` and the DEPTH rule in capture.c. No lock, no allocation, no
 * loader lock; never faults. MT_SIGNAL_SAFE, also within an interrupted call of itself.
 */
struct mt_place mt_capture_changed(struct mt_thread *thread, uintptr_t entry);

/* A hit only reads, so a signal handler that captured in between is noticed by the number
 * of captures begun: read before anything else, and again at the end. */
MT_INLINE uint32_t mt_capture_begun(const struct mt_thread *thread) {
    uint32_t begun = thread->captures;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    return begun;
}

/* The end: false, and what was read may be torn. Counts the hit otherwise. */
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
MT_INLINE bool mt_capture_again(struct mt_thread *thread, uintptr_t entry, bool shared,
                                struct mt_place *place) {
    const uintptr_t *slot = (const uintptr_t *)entry;
    const struct mt_stack *stack = &thread->stack;
    uint32_t begun = mt_capture_begun(thread), count = stack->again;
    const struct mt_frame *frame = &stack->frame[count];
    if (MT_LIKELY(count && thread->epoch == mt_module_epoch) &&
        frame->sp == entry + 2 * sizeof(uintptr_t) && frame->pc == slot[1] &&
        (frame->bp_any || frame->bp == slot[0]) &&
        MT_LIKELY(mt_stack_verify(stack, &count))) {
        *place = (struct mt_place){stack->stamp, stack->counter};
        if (MT_LIKELY(mt_capture_hit(thread, begun, count, shared))) {
            mt_verify_capture(thread, mt_place_site(*place), entry);
            return true;
        }
    }
    return false;
}

/* The recent capture that this one may be. */
MT_INLINE const struct mt_recent *mt_recent_of(struct mt_thread *thread, uintptr_t entry) {
    const uintptr_t *slot = (const uintptr_t *)entry;
    uintptr_t pc = slot[1], sp = entry + 2 * sizeof(uintptr_t);
    const struct mt_guess *guess = mt_guess_set(thread, pc, sp);
    if (guess->pc != pc || guess->sp != sp)
        guess++;
    if (guess->pc != pc || guess->sp != sp)
        return NULL;
    const struct mt_recent *recent = mt_recent_set(thread, guess);
    if (mt_recent_holds(thread, recent, entry))
        return recent;
    return mt_recent_holds(thread, recent + 1, entry) ? recent + 1 : NULL;
}

/* One that comes again and again, with nothing in between, is worth being the last stack.
 */
#define MT_RECENT_IN_TURN 8u
MT_INLINE bool mt_recent_in_turn(struct mt_thread *thread, const struct mt_recent *recent) {
    uint64_t captures = thread->shard->captures;
    bool next = recent == thread->found && captures == thread->found_at + 1;
    thread->in_turn = next ? thread->in_turn + 1 : 0;
    thread->found = recent;
    thread->found_at = captures;
    return MT_UNLIKELY(thread->in_turn == MT_RECENT_IN_TURN);
}

/* Often: one of the recent captures again. */
MT_INLINE bool mt_capture_recent(struct mt_thread *thread, uintptr_t entry, bool shared,
                                 struct mt_place *place) {
    uint32_t begun = mt_capture_begun(thread);
    if (MT_UNLIKELY(thread->capturing || thread->epoch != mt_module_epoch))
        return false;
    const struct mt_recent *recent = mt_recent_of(thread, entry);
    if (!recent || mt_recent_in_turn(thread, recent))
        return false;
    *place = (struct mt_place){recent->stamp, recent->counter};
    if (MT_UNLIKELY(!mt_capture_hit(thread, begun, recent->frames, shared)))
        return false;
    mt_verify_capture(thread, mt_place_site(*place), entry);
    return true;
}

/* The whole way. */
struct mt_place mt_capture_full(struct mt_thread *thread, uintptr_t entry);

/* The place for the immediate caller alone, below the root or a pseudo node. Always the
 * same one in a process. */
struct mt_place mt_capture_caller(struct mt_thread *thread, uint32_t parent,
                                  uintptr_t entry);

/* The same, if this caller was met before. As with a hit, a handler is noticed. */
MT_INLINE bool mt_capture_called(struct mt_thread *thread, uintptr_t entry,
                                 struct mt_place *place) {
    uintptr_t pc = ((const uintptr_t *)entry)[1];
    const struct mt_called *called = &thread->called[mt_hash_top(pc, MT_CALLED_BITS)];
    uint32_t begun = mt_capture_begun(thread);
    *place = (struct mt_place){called->stamp, called->counter};
    bool same = called->pc == pc && thread->epoch == mt_module_epoch;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    return MT_LIKELY(same && thread->captures == begun);
}

/* The place of a site, for a call that returns to `pc`, in the thread's shard; [overflow]'s
 * where there is no room for it. */
struct mt_place mt_place_of_site(struct mt_thread *thread, uint32_t site, uintptr_t pc);

/* How many of a stack's `depth` frames are dropped, outermost first. */
uint32_t mt_capture_cut(uint32_t depth);

/* Set once by init from the options, sealed with them. */
extern MT_HIDDEN uint32_t mt_capture_frames;

#endif
