/*
 * Makes the other threads of the process stand still, without ptrace: each gets a real-time
 * signal whose disposition was SIG_DFL and that it does not block, and waits in its
 * handler.
 */
#ifndef MT_ALLOC_LEAKS_THREADS_H
#define MT_ALLOC_LEAKS_THREADS_H

#include <stdbool.h>
#include <stdint.h>

#define MT_LEAKS_THREADS_MOST 4096u /* what more there are goes on */

enum mt_leaks_still {
    MT_STILL,
    MT_STILL_BUT_SOME, /* threads that block the signal, or did not answer, go on */
    MT_STILL_NONE,     /* no signal is free, or threads cannot be listed: all go on */
};

/* Where a thread stands. Its registers lie at `low` and above, on its stack. */
struct mt_leaks_thread {
    uint32_t number; /* the kernel's */
    bool still, blocks, main;
    uintptr_t low;     /* nothing below is in use, if it is on its own stack */
    uintptr_t pointer; /* the thread control block */
};

/* Within `bound_ms`, and none where a block has no valid header. The caller has blocked its
 * signals; until mt_leaks_threads_go_on() it must not take a lock or memory
 * from the allocator. MT_SIGNAL_SAFE; one at a time. */
enum mt_leaks_still mt_leaks_threads_stop(uint64_t bound_ms);
void mt_leaks_threads_go_on(void);

/* In a child that was forked meanwhile: gives the signal back. */
void mt_leaks_threads_after_fork(void);

/* The threads that were seen last, without the caller's; index from 0, NULL at the end. */
const struct mt_leaks_thread *mt_leaks_threads_at(uint32_t index);

#endif
