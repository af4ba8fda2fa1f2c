#include "alloc/heap_check.h"

#include "alloc/heap_walk.h"
#include "alloc/quarantine.h"
#include "alloc/report.h"
#include "alloc/report_where.h"
#include "base/log.h"
#include "export/sandbox.h"

#include <errno.h>
#include <limits.h>

struct check {
    unsigned damaged, reported;
    struct mt_block overrun; /* the last one that was damaged behind its end */
};

/* Reports a damaged block. True if it is one. */
static bool damaged(const struct mt_heap_found *found, struct mt_block *overrun,
                    bool *reported) {
    *reported = false;
    if (found->header_damaged) {
        /* Right behind the last one: the same write, which was said. */
        if (!overrun->raw || !mt_where_next(overrun, found->block.user))
            *reported = mt_report_underflow_found(&found->block, found->known);
        return true;
    }
    if (!found->damage)
        return false;
    *overrun = found->block;
    *reported = mt_report_overflow_found(&found->block, found->damage);
    return true;
}

static void found(const struct mt_heap_found *found, void *context) {
    struct check *check = context;
    bool reported;
    check->damaged += damaged(found, &check->overrun, &reported);
    check->reported += reported;
}

int mt_heap_check(void) {
    struct check check = {0};
    struct mt_heap_walk walk = {.found = found, .context = &check, .budget_ms = UINT64_MAX};
    if (mt_off || !mt_region_own)
        return -ENOTSUP;
    if (mt_sandbox_forbids("heap check"))
        return -EPERM;
    enum mt_heap_walk_end end = mt_heap_walk(&walk);
    if (end == MT_WALK_BUSY)
        return -EAGAIN;
    if (check.reported)
        mt_report_found_end();
    unsigned waiting = mt_quarantine_check();
    if (waiting)
        mt_report_found_end();
    check.damaged += waiting;
    if (end == MT_WALK_REFUSED && !check.damaged)
        return -EPERM;
    return check.damaged < INT_MAX ? (int)check.damaged : INT_MAX;
}

static void found_in_slice(const struct mt_heap_found *found, void *context) {
    struct mt_heap_slice *slice = context;
    bool reported;
    slice->blocks += found->state == MT_LIVE;
    slice->damaged += damaged(found, &slice->overrun, &reported);
}

enum mt_heap_walk_end mt_heap_check_slice(struct mt_heap_slice *slice) {
    struct mt_heap_walk walk = {.found = found_in_slice,
                                .context = slice,
                                .budget_ms = slice->budget_ms,
                                .from = slice->from};
    enum mt_heap_walk_end end = mt_heap_walk(&walk);
    slice->looked_at_bytes += walk.looked_at_bytes;
    slice->from = walk.from;
    return end;
}

static void log_late(uint64_t bytes) {
    mt_log_number(MT_SAY_CHECK_CUT_SHORT, bytes >> 20, "exit_budget_ms");
}

void mt_heap_check_at_exit(void) {
    struct check check = {0};
    struct mt_heap_walk walk = {
        .found = found, .context = &check, .budget_ms = mt_options->exit_budget_ms};
    if (mt_options->check == MT_CHECK_OFF || mt_sandbox_forbids("heap check"))
        return;
    switch (mt_heap_walk(&walk)) {
    case MT_WALK_WHOLE:
        break;
    case MT_WALK_LATE:
        log_late(walk.looked_at_bytes);
        break;
    case MT_WALK_BUSY:
        mt_log(MT_SAY_CHECK_NOT_DONE, "another one goes on", NULL, NULL);
        break;
    case MT_WALK_REFUSED:
        mt_log(MT_SAY_CHECK_NOT_DONE,
               "the system refuses process_vm_readv or /proc/self/maps", NULL, NULL);
        break;
    }
    if (check.reported)
        mt_report_found_end();
}
