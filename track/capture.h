/* From the caller of an exported function to the site it counts for. */
#ifndef MT_TRACK_CAPTURE_H
#define MT_TRACK_CAPTURE_H

#include "track/thread.h"

/*
 * The site of the stack that leads to the exported function whose frame address is
 * `entry`: the word there is the caller's frame pointer, the next one the return address.
 * The innermost frame of the stack is that function's caller.
 *
 * Exact, by option `frames` and the DEPTH rule in capture.c. No lock, no allocation, no
 * loader lock; never faults. MT_SIGNAL_SAFE, also within an interrupted call of itself.
 */
uint32_t mt_capture_full(struct mt_thread *thread, uintptr_t entry);

/* The site of the immediate caller alone. */
uint32_t mt_capture_caller(struct mt_thread *thread, uintptr_t entry);

/* How many of a stack's `depth` frames are dropped, outermost first. */
uint32_t mt_capture_cut(uint32_t depth);

/* Set once by init from the options, sealed with them. */
extern MT_HIDDEN uint32_t mt_capture_frames;

#endif
