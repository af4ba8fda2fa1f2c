/* Option `stack` while the program runs. */
#ifndef MT_ALLOC_STACK_MODE_H
#define MT_ALLOC_STACK_MODE_H

#include "base/attr.h"
#include "track/region.h"

#include <stdint.h>

/* The mode in force, as an index of the option's values. Read plainly on the hot path: an
 * operation that sees the old value, or one and then the other, is counted once, in a site
 * that is right for one of them, or by its caller. */
extern MT_HIDDEN uint32_t mt_stack_mode;

/* The mode to begin with. */
void mt_stack_start(uint32_t mode);

/*
 * Changes it for all that is allocated from now on; what is live keeps its site. When that
 * was is recorded as events, of which there are at most MT_STACK_EVENTS.
 *
 * 0 or a negative errno: -EINVAL for what is no mode, or does not mix with what was on (a
 * sample of one part of the time cannot be told from the full counts of another, so that
 * `sampled` and `off` are all that there is then); -EAGAIN while another thread is at it;
 * -ENOTSUP without a region; -EPERM where the host's policy says so. MT_SIGNAL_SAFE.
 */
int mt_stack_switch(uint32_t mode);

#define MT_STACK_EVENTS 64

/* In a forked child that has just got a region of its own, without events. */
void mt_stack_after_detach(void);

/* The same by a text "stack=full", as option `stack` has it. */
int mt_stack_set(const char *text);

#endif
