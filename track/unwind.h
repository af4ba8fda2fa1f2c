/*
 * The full unwinder: every register, every kind of rule, DWARF expressions, signal frames.
 * Slow and complete; the fast path (capture.c) calls it for the frames it can't step, and
 * a checking build compares the two on every capture.
 */
#ifndef MT_TRACK_UNWIND_H
#define MT_TRACK_UNWIND_H

#include "track/arch.h"
#include "track/thread.h"

/* What the fast path knows of a frame. For a frame that a signal interrupted, pc is one
 * more than the interrupted address, so that pc - 1 is always inside the instruction. */
struct mt_cursor {
    uintptr_t pc, sp, bp;
};

/* Steps from the frame `*cursor` to its caller, by unwinding from here, with all
 * registers, until that frame is met. False: not met, or it cannot be stepped.
 * `*root` is set when the frame has no caller by its own unwind information.
 * MT_SIGNAL_SAFE. */
bool mt_unwind_step(struct mt_thread *thread, struct mt_cursor *cursor, bool *root);

/* All frames from `*cursor` on, by the full unwinder alone: the return addresses go to
 * `pc`, at most `most`. Returns how many; sets *complete if the root was reached. */
uint32_t mt_unwind_all(struct mt_thread *thread, const struct mt_cursor *cursor,
                       uintptr_t *pc, uint32_t most, bool *complete);

/* The same from registers that a signal interrupted: the first is the address of the very
 * instruction, plus one. */
uint32_t mt_unwind_interrupted(struct mt_thread *thread,
                               const struct mt_registers *registers, uintptr_t *pc,
                               uint32_t most, bool *complete);

/* The stack's words: true if `at` can be read now. */
bool mt_stack_probe(struct mt_thread *thread, uintptr_t at);
MT_INLINE bool mt_stack_readable(struct mt_thread *thread, uintptr_t at) {
    if (MT_LIKELY(at - thread->low < thread->span))
        return !(at & 7);
    return mt_stack_probe(thread, at);
}

/* Makes sure that `entry`, a frame in use, is inside the thread's own known stack if it is
 * on it at all; false: a foreign stack. */
bool mt_stack_extend(struct mt_thread *thread, uintptr_t entry);
MT_INLINE bool mt_stack_is_own(struct mt_thread *thread, uintptr_t entry) {
    return MT_LIKELY(entry - thread->low < thread->span) || mt_stack_extend(thread, entry);
}

#endif
