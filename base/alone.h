/*
 * One at a time in a process, without waiting. Whoever is at it is known by the process, so
 * that a child forked meanwhile, by whatever call, does not find it taken for ever.
 */
#ifndef MT_BASE_ALONE_H
#define MT_BASE_ALONE_H

#include "base/sys.h"
#include <stdatomic.h>
#include <stdbool.h>

/* False if this process is at it already. Both are MT_SIGNAL_SAFE. */
MT_INLINE bool mt_alone_begin(_Atomic long *owner) {
    long pid = mt_sys0(SYS_getpid), other = 0;
    return atomic_compare_exchange_strong(owner, &other, pid) ||
           (other != pid && atomic_compare_exchange_strong(owner, &other, pid));
}

MT_INLINE void mt_alone_end(_Atomic long *owner) {
    atomic_store(owner, 0);
}

#endif
