/* Reports of what met a guard page, or a closed slot. */
#ifndef MT_ALLOC_GUARD_REPORT_H
#define MT_ALLOC_GUARD_REPORT_H

#include "alloc/block.h"

#include <ucontext.h>

/* An access to a closed address of the slots. True: the instruction may go on; false: it is
 * none of ours, or was said but its page can't be opened. Does not return where `on_error`
 * says so. MT_SIGNAL_SAFE.
 */
bool mt_guard_fault(uintptr_t at, const ucontext_t *context);

/* mt_report_fault() of a pointer into the slots: nothing there is read. */
void mt_report_guarded(struct mt_thread *thread, void *user, uintptr_t entry);

#endif
