/* What is done when somebody asks from outside (export/control.h). */
#ifndef MT_ALLOC_CONTROL_H
#define MT_ALLOC_CONTROL_H

#include "base/attr.h"

#include <stdatomic.h>
#include <stdint.h>

/* Before the signal is taken. */
void mt_control_prepare(void);

/* The ticket of the request of which a part waits for a safe point, else 0; and to do it.
 */
extern MT_HIDDEN _Atomic uint32_t mt_control_waits;
void mt_control_do_waiting(void);

/* Where the allocator may be called: does what was put off. */
MT_INLINE void mt_control_safe_point(void) {
    if (MT_UNLIKELY(atomic_load_explicit(&mt_control_waits, memory_order_relaxed)))
        mt_control_do_waiting();
}

#endif
