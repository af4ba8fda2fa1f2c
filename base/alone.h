/*
 * One at a time in a process, without waiting. The flags lie on a page that the kernel
 * wipes in a forked child, by whatever call it was made, so that it does not find one set
 * by a thread that it does not have. A vfork child, which shares the memory, finds them as
 * they are.
 */
#ifndef MT_BASE_ALONE_H
#define MT_BASE_ALONE_H

#include "base/attr.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum mt_alone {
    MT_ALONE_DUMP,
    MT_ALONE_WALK,
    MT_ALONE_LEAKS,
    MT_ALONE_STACK_MODE,
    MT_ALONE_REQUEST,
    MT_ALONE_WAITING, /* what a request left for a safe point */
    MT_ALONE_SITES,
    MT_ALONE_RATE,
    MT_ALONES
};
extern MT_HIDDEN _Atomic uint32_t *mt_alone_flags;

/* Moves the flags to such a page, once, before any is set; without one they are plain, and
 * mt_alone_after_fork() clears them. */
void mt_alone_start(void);
void mt_alone_after_fork(void);

/* False if somebody is at it already. Both are MT_SIGNAL_SAFE. */
MT_INLINE bool mt_alone_begin(enum mt_alone what) {
    return !atomic_exchange(&mt_alone_flags[what], 1);
}
MT_INLINE void mt_alone_end(enum mt_alone what) {
    atomic_store(&mt_alone_flags[what], 0);
}

#endif
