/*
 * A checking build (configure --enable-checking) unwinds every captured stack again from
 * scratch with the full unwinder and stops the program at the first difference.
 */
#ifndef MT_TRACK_VERIFY_H
#define MT_TRACK_VERIFY_H

#include "track/thread.h"
#include "track/unwind.h"

#ifdef MT_CHECKING
void mt_verify_capture(struct mt_thread *thread, const struct mt_stack *stack,
                       const struct mt_cursor *innermost);
#else
static inline void mt_verify_capture(struct mt_thread *thread, const struct mt_stack *stack,
                                     const struct mt_cursor *innermost) {
    (void)thread;
    (void)stack;
    (void)innermost;
}
#endif

#endif
