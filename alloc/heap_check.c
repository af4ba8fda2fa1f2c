#include "alloc/heap_check.h"

#include "alloc/heap_walk.h"
#include "alloc/quarantine.h"
#include "alloc/report.h"
#include "base/log.h"
#include "export/sandbox.h"

#include <errno.h>
#include <limits.h>

struct check {
    unsigned damaged, reported;
};

static void found(const struct mt_heap_found *found, void *context) {
    struct check *check = context;
    if (!found->damage)
        return;
    check->damaged++;
    check->reported += mt_report_overflow_found(&found->block, found->damage);
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
    check.damaged += mt_quarantine_check();
    if (end == MT_WALK_REFUSED && !check.damaged)
        return -EPERM;
    return check.damaged < INT_MAX ? (int)check.damaged : INT_MAX;
}

static void log_late(uint64_t bytes) {
    mt_log_number(MT_SAY_CHECK_CUT_SHORT, bytes >> 20, "exit_budget_ms");
}

void mt_heap_check_at_exit(void) {
    struct check check = {0};
    struct mt_heap_walk walk = {
        .found = found, .context = &check, .budget_ms = mt_options->exit_budget_ms};
    if (mt_options->check != MT_CHECK_EXIT || mt_sandbox_forbids("heap check"))
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
