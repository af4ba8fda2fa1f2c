/* stack=sampled: which allocations get their full stack. */
#ifndef MT_TRACK_SAMPLE_H
#define MT_TRACK_SAMPLE_H

#include "track/thread.h"

/* Mean bytes between two samples. Set once by init from the options, sealed with them. */
extern MT_HIDDEN uint64_t mt_sample_mean;

/* Begins a thread's sequence, which is the same in every run. */
void mt_sample_start(struct mt_thread *thread);

/* Draws the distance to the next sample. */
void mt_sample_draw(struct mt_thread *thread);

/* An exponential variate, from a generator's state. */
uint64_t mt_sample_distance(uint64_t *random, double mean);

/* True for an allocation of `size` bytes that contains a sampled one. A handler's bytes may
 * be lost in between, which moves the next sample. */
MT_INLINE bool mt_sample_takes(struct mt_thread *thread, uint64_t size) {
    thread->sample_left -= (int64_t)size;
    if (MT_LIKELY(thread->sample_left >= 0))
        return false;
    mt_sample_draw(thread);
    return true;
}

#endif
