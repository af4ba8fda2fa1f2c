/* Start: the process's mode, and a thread's first operation. */
#ifndef MT_ALLOC_INIT_H
#define MT_ALLOC_INIT_H

#include "track/thread.h"

/* True under option `off`: blocks have no headers, everything is jemalloc's own. */
extern MT_HIDDEN bool mt_off;

/* Starts the library if nothing has yet, and this thread's state. NULL where there is none:
 * under `off`, during start, after the thread's end, without memory. MT_SIGNAL_SAFE. */
struct mt_thread *mt_enter_slow(void);

MT_INLINE struct mt_thread *mt_enter(void) {
    struct mt_thread *thread = mt_thread_self;
    if (MT_UNLIKELY(mt_off))
        return (struct mt_thread *)0;
    return MT_LIKELY(thread->shard != (struct mt_shard *)0) ? thread : mt_enter_slow();
}

#endif
