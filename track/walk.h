/*
 * The walk of a capture: steps outwards by rules until it meets the last stack.
 */
#ifndef MT_TRACK_WALK_H
#define MT_TRACK_WALK_H

#include "track/last_stack.h"
#include "track/rules.h"
#include "track/unwind.h"

enum mt_step { MT_STEPPED, MT_STEP_ROOT, MT_STEP_BROKEN };

struct mt_walk {
    uint32_t fresh; /* frames stepped, innermost first */
    uint32_t kept;  /* frames of the last stack taken over */
    /* MT_STEPPED: met the last stack, or MT_STACK_FRAMES were not enough */
    enum mt_step end;
};

/* One frame outwards, whatever its rule and wherever its stack. Where what the step read
 * may not be there the next time, *rule becomes MT_RULE_SLOW. */
enum mt_step mt_step_general(struct mt_thread *thread, struct mt_cursor *cursor,
                             mt_packed_rule *rule);

/* The same for nearly all frames: a rule by sp or bp, on the thread's own known stack. A
 * rule by sp has its slots within the frame (rules.c), so that they need no test. False:
 * not such a frame; nothing has changed. */
MT_INLINE bool mt_step_ordinary(const struct mt_thread *thread, struct mt_cursor *cursor,
                                mt_packed_rule rule) {
    uintptr_t sp = cursor->sp, bp = cursor->bp, cfa;
    if (MT_LIKELY(mt_rule_kind_of(rule) == MT_RULE_SP))
        cfa = sp + (uintptr_t)mt_rule_cfa(rule);
    else if (MT_LIKELY(mt_rule_kind_of(rule) == MT_RULE_BP)) {
        cfa = bp + (uintptr_t)mt_rule_cfa(rule);
        if (MT_UNLIKELY((cfa & 7) || cfa <= sp || cfa + (uintptr_t)mt_rule_bp(rule) < sp))
            return false;
    } else
        return false;
    if (MT_UNLIKELY(cfa - sizeof(uintptr_t) - thread->low >= thread->span))
        return false;
    if (mt_rule_bp_saved(rule))
        cursor->bp = *(const uintptr_t *)(cfa + (uintptr_t)mt_rule_bp(rule));
    cursor->pc = *(const uintptr_t *)(cfa - sizeof(uintptr_t));
    cursor->sp = cfa;
    return true;
}

/* What is known of `pc`. Code outside all modules can change without notice; nothing is
 * remembered of it, nor while the thread's caches may be half-written below us. */
MT_COLD void mt_known_rule_find(struct mt_known_rule *known, uintptr_t pc, uint32_t epoch);

MT_INLINE struct mt_walk mt_walk(struct mt_thread *thread, struct mt_stack *stack,
                                 struct mt_cursor cursor, uint32_t epoch, bool cached) {
    struct mt_walk w = {0, 0, MT_STEPPED};
    const struct mt_frame *frame = &stack->frame[stack->count];
    struct mt_fresh_frame *fresh = stack->fresh;
    for (; fresh < stack->fresh + MT_STACK_FRAMES; fresh++) {
        while (frame->sp < cursor.sp)
            frame--;
        if (frame->sp == cursor.sp && frame->pc == cursor.pc &&
            (frame->bp_any || frame->bp == cursor.bp)) {
            uint32_t kept = (uint32_t)(frame - stack->frame);
            if (kept <= stack->fixed) {
                if (mt_stack_verify(stack, &kept)) {
                    w.kept = kept;
                    break;
                }
                frame = &stack->frame[kept];
            }
        }
        struct mt_known_rule none, *known = &none;
        if (cached)
            known = &thread->rule[mt_hash_top(cursor.pc, MT_RULE_BITS)];
        if (!cached || MT_UNLIKELY(known->pc != cursor.pc))
            mt_known_rule_find(known, cursor.pc, epoch);
        fresh->pc = cursor.pc;
        fresh->sp = cursor.sp;
        fresh->bp = cursor.bp;
        fresh->rule = known->rule;
        if (MT_LIKELY(mt_step_ordinary(thread, &cursor, known->rule)))
            continue;
        w.end = mt_step_general(thread, &cursor, &fresh->rule);
        if (w.end != MT_STEPPED) {
            fresh++;
            break;
        }
    }
    w.fresh = (uint32_t)(fresh - stack->fresh);
    return w;
}

#endif
