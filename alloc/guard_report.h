/* Reports of what met a guard page, or a closed slot. */
#ifndef MT_ALLOC_GUARD_REPORT_H
#define MT_ALLOC_GUARD_REPORT_H

#include "alloc/block.h"

#include <ucontext.h>

enum mt_guard_verdict {
    MT_FAULT_FOREIGN, /* none of ours */
    MT_FAULT_LET,     /* nothing is said, the instruction may go on */
    MT_FAULT_SAID,    /* reported; it may go on once its page is open */
    MT_FAULT_LAST     /* reported; it can't go on */
};

/* An access to a closed address of the slots. mt_report_found_end() follows a report, on
 * the stack that the program gave its handlers. MT_SIGNAL_SAFE. */
enum mt_guard_verdict mt_guard_fault(uintptr_t at, const ucontext_t *context);

/* mt_report_fault() of a pointer into the slots: nothing there is read. */
void mt_report_guarded(struct mt_thread *thread, void *user, uintptr_t entry);

#endif
