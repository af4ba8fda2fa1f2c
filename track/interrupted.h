/* The stack of an instruction that a signal interrupted. */
#ifndef MT_TRACK_INTERRUPTED_H
#define MT_TRACK_INTERRUPTED_H

#include "track/arch.h"
#include "track/thread.h"

/* The site of the stack that these registers are the innermost frame of; 0 if another one
 * is being taken in this moment. Unwound in full, so it is for what is rare.
 * MT_SIGNAL_SAFE. */
uint32_t mt_interrupted_site(struct mt_thread *thread,
                             const struct mt_registers *registers);

#endif
