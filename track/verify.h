/*
 * A checking build (configure --enable-checking) unwinds every captured stack again from
 * scratch with the full unwinder and stops the program at the first difference.
 */
#ifndef MT_TRACK_VERIFY_H
#define MT_TRACK_VERIFY_H

#include "track/thread.h"
#include "track/unwind.h"

#ifdef MT_CHECKING
void mt_verify_capture(struct mt_thread *thread, uint32_t site, uintptr_t entry);
#else
static inline void mt_verify_capture(struct mt_thread *thread, uint32_t site,
                                     uintptr_t entry) {
    (void)thread;
    (void)site;
    (void)entry;
}
#endif

#endif
