#include "alloc/control.h"

#include "alloc/heap_check.h"
#include "alloc/quarantine.h"
#include "alloc/stack_mode.h"
#include "base/alone.h"
#include "base/options.h"
#include "export/control.h"
#include "export/dump.h"
#include "export/sandbox.h"
#include "track/region_make.h"
#include "track/thread.h"

#include <errno.h>

atomic_bool mt_control_waits;

static int set_stack(const struct mt_control_ask *ask, struct mt_control *answer) {
    (void)answer;
    return mt_stack_switch(ask->argument);
}

/* ---- the heap check: live blocks in the handler, piece by piece, then the quarantine ----
 */

static struct mt_heap_slice slice;
static enum mt_heap_walk_end slice_end;
static uint32_t next_ticket; /* of who may go on */

static void look(void *unused) {
    (void)unused;
    slice_end = mt_heap_check_slice(&slice);
}

static atomic_bool from_the_beginning;

/* Quarantined blocks are verified by taking them out, and may have to be freed then, which
 * the allocator need not be in a state for. */
static void put_off_quarantine(struct mt_control *answer) {
    if (!mt_quarantine_holds())
        return;
    atomic_store(&from_the_beginning, true);
    atomic_store(&answer->waits, 1);
    atomic_store(&mt_control_waits, true);
    mt_thread_hurry();
}

static int check_heap(const struct mt_control_ask *ask, struct mt_control *answer) {
    if (mt_sandbox_forbids("heap check"))
        return -EPERM;
    if (ask->argument == 0) {
        slice = (struct mt_heap_slice){0};
        atomic_store(&answer->waits, 0);
    } else if (ask->ticket != next_ticket)
        return -EBUSY;
    next_ticket = ask->ticket + 1;
    slice.budget_ms = mt_options->max_pause_ms;
    if (!mt_export_alone(look, NULL))
        return -EAGAIN;
    if (slice_end == MT_WALK_BUSY || slice_end == MT_WALK_REFUSED)
        return slice_end == MT_WALK_BUSY ? -EAGAIN : -EACCES;
    atomic_store(&answer->damaged, slice.damaged);
    atomic_store(&answer->blocks, slice.blocks);
    atomic_store(&answer->looked_at_bytes, slice.looked_at_bytes);
    if (slice_end == MT_WALK_LATE)
        return MT_CONTROL_MORE;
    put_off_quarantine(answer);
    return MT_CONTROL_DONE;
}

/* A part; for the rest, at the thread's next allocation again. */
static void verify_part(struct mt_control *answer) {
    static struct mt_quarantine_part part;
    if (atomic_exchange(&from_the_beginning, false))
        part = (struct mt_quarantine_part){0};
    if (!mt_quarantine_check_part(&part, mt_options->max_pause_ms)) {
        mt_thread_hurry();
        return;
    }
    atomic_store(&mt_control_waits, false);
    atomic_fetch_add(&answer->damaged, part.damaged);
    atomic_store(&answer->waits, 0);
}

MT_COLD void mt_control_do_waiting(void) {
    if (!mt_region_own || !mt_alone_begin(MT_ALONE_WAITING))
        return;
    if (atomic_load(&mt_control_waits))
        verify_part(&mt_region_own->control);
    mt_alone_end(MT_ALONE_WAITING);
}

void mt_control_prepare(void) {
    static mt_control_act *const acts[MT_CONTROL_REQUESTS] = {
        [MT_CONTROL_SET_STACK] = set_stack, [MT_CONTROL_CHECK_HEAP] = check_heap};
    mt_control_start(acts);
}
