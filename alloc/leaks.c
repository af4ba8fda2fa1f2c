#include "alloc/leaks.h"

#include "alloc/heap_walk.h"
#include "alloc/leaks_ages.h"
#include "alloc/leaks_keep.h"
#include "alloc/leaks_mark.h"
#include "alloc/leaks_print.h"
#include "alloc/leaks_roots.h"
#include "alloc/leaks_tally.h"
#include "alloc/leaks_threads.h"
#include "alloc/resident.h"
#include "base/alone.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/quiet.h"
#include "base/sys.h"
#include "export/sandbox.h"

#include <errno.h>
#include <limits.h>

#define STOP_MS 2000 /* for all threads to stand still */

/* ---- leaks=sites and blocks: other threads go on ---- */

static void found_live(const struct mt_heap_found *found, void *context) {
    (void)context;
    if (found->state == MT_LIVE)
        mt_tally_add(&found->block, MT_LEAK_LIVE);
}

static int look_at_all(struct mt_leak_sums *sums, uint64_t budget_ms) {
    struct mt_heap_walk walk = {
        .found = found_live, .budget_ms = budget_ms, .swapped = true};
    enum mt_heap_walk_end end = mt_heap_walk(&walk);
    if (end == MT_WALK_LATE)
        sums->why = MT_LEAK_WHY_LATE;
    return end == MT_WALK_REFUSED ? -EPERM : end == MT_WALK_BUSY ? -EAGAIN : 0;
}

/* ---- leaks=reachable: other threads stand still ---- */

/* What is the loader's own may be pointed to in ways of its own; what is kept on purpose
 * keeps what hangs on it. */
static void found_block(const struct mt_heap_found *found, void *context) {
    struct mt_leak_sums *sums = context;
    uint64_t granule;
    if (found->state != MT_LIVE)
        return;
    if (!mt_leaks_heap_add(&found->block, &granule)) {
        sums->why = MT_LEAK_WHY_HEAP;
        return;
    }
    if (found->block.kind == MT_KIND_LOADER || mt_leaks_kept(found->block.id)) {
        mt_leaks_set_mark(granule, MT_MARK_REACHED);
        mt_leaks_set_pending(granule);
    }
}

static bool possible; /* of those blocks that nothing leads to, none is called lost */

static void add_block(uint64_t granule, uintptr_t header) {
    enum mt_leaks_mark mark = mt_leaks_mark(granule);
    struct mt_block block;
    if (mt_leaks_open(header, &block))
        mt_tally_add(&block, mark == MT_MARK_REACHED    ? MT_LEAK_REACHABLE
                             : possible                 ? MT_LEAK_POSSIBLE
                             : mark == MT_MARK_INDIRECT ? MT_LEAK_INDIRECT
                                                        : MT_LEAK_LOST);
}

static uint64_t left_until(uint64_t until_ms) {
    uint64_t time = mt_clock_monotonic_ms();
    return until_ms == UINT64_MAX ? until_ms : until_ms > time ? until_ms - time : 0;
}

static int mark(struct mt_leak_sums *sums, uintptr_t low, uint64_t until_ms) {
    struct mt_heap_walk walk = {.found = found_block,
                                .context = sums,
                                .budget_ms = left_until(until_ms),
                                .swapped = true};
    enum mt_heap_walk_end end = mt_heap_walk(&walk);
    if (end == MT_WALK_REFUSED || end == MT_WALK_BUSY)
        return end == MT_WALK_BUSY ? -EAGAIN : -EPERM;
    if (!mt_ranges_complete())
        sums->why = MT_LEAK_WHY_HEAP;
    if (walk.blind)
        sums->why = MT_LEAK_WHY_SWAP;
    if (end == MT_WALK_LATE)
        sums->why = MT_LEAK_WHY_LATE;
    else if (!mt_leaks_mark_roots(low))
        sums->why = MT_LEAK_WHY_MAPS;
    else
        mt_leaks_mark_blocks();
    if (mt_leaks_mark_late())
        sums->why = MT_LEAK_WHY_LATE;
    possible = sums->why != MT_LEAK_WHY_NONE;
    if (!possible)
        mt_leaks_mark_heads();
    mt_leaks_heap_each(false, add_block);
    return 0;
}

static int look_what_is_reachable(struct mt_leak_sums *sums, uintptr_t low,
                                  uint64_t budget_ms) {
    uint64_t begun = mt_clock_monotonic_ms();
    uint64_t until = budget_ms < UINT64_MAX - begun ? begun + budget_ms : UINT64_MAX;
    int result = -ENOMEM, pagemap = mt_resident_open();
    enum mt_leaks_still still = mt_leaks_threads_stop(STOP_MS);
    if (still != MT_STILL)
        sums->why = still == MT_STILL_NONE ? MT_LEAK_WHY_SIGNAL : MT_LEAK_WHY_THREADS;
    if (mt_leaks_heap_begin()) {
        if (mt_leaks_mark_begin(still == MT_STILL, pagemap < 0 ? -1 : pagemap, until)) {
            result = mark(sums, low, until);
            mt_leaks_mark_end();
        }
        mt_leaks_heap_end();
    }
    mt_leaks_threads_go_on();
    if (pagemap >= 0)
        (void)mt_sys1(SYS_close, pagemap);
    return result;
}

/* ---- */

static int look(struct mt_leak_sums *sums, uintptr_t low, uint64_t budget_ms) {
    static const enum mt_leak_state singles[] = {[MT_LEAKS_SITES] = MT_LEAK_STATES,
                                                 [MT_LEAKS_BLOCKS] = MT_LEAK_LIVE,
                                                 [MT_LEAKS_REACHABLE] = MT_LEAK_LOST};
    if (!mt_tally_begin(singles[sums->mode]))
        return -ENOMEM;
    sums->at_ms = mt_clock_monotonic_ms() - mt_region_own->start_monotonic_ms;
    mt_ages_begin(sums->at_ms);
    int result = sums->mode == MT_LEAKS_REACHABLE
                     ? look_what_is_reachable(sums, low, budget_ms)
                     : look_at_all(sums, budget_ms);
    if (result == 0)
        mt_tally_end(sums);
    else
        mt_tally_drop();
    return result;
}

int mt_leaks_look(uint32_t mode, uintptr_t low, uint64_t budget_ms) {
    struct mt_leak_sums sums = {.mode = mode};
    struct mt_quiet quiet;
    if (mode < MT_LEAKS_SITES || mode > MT_LEAKS_REACHABLE)
        return -EINVAL;
    if (mt_off || !mt_region_own)
        return -ENOTSUP;
    if (mt_sandbox_forbids("look for leaks"))
        return -EPERM;
    /* No handler of the program's runs while other threads stand still. */
    mt_quiet_begin(&quiet, MT_QUIET_MOST);
    int result = -EAGAIN;
    if (mt_alone_begin(MT_ALONE_LEAKS)) {
        result = look(&sums, low, budget_ms);
        if (result == 0)
            mt_leaks_print(&sums);
        mt_alone_end(MT_ALONE_LEAKS);
    }
    mt_quiet_end(&quiet);
    if (result < 0)
        return result;
    uint64_t blocks = mode == MT_LEAKS_REACHABLE
                          ? sums.blocks[MT_LEAK_LOST] + sums.blocks[MT_LEAK_INDIRECT]
                          : sums.blocks[MT_LEAK_LIVE];
    return blocks < INT_MAX ? (int)blocks : INT_MAX;
}

void mt_leaks_at_exit(uintptr_t low) {
    if (mt_options->leaks == MT_LEAKS_OFF || mt_sandbox_forbids("look for leaks"))
        return;
    switch (mt_leaks_look(mt_options->leaks, low, mt_options->exit_budget_ms)) {
    case -EPERM:
        mt_log(MT_SAY_LEAKS_NOT_LOOKED_FOR,
               "the system refuses process_vm_readv or /proc/self/maps", NULL, NULL);
        break;
    case -ENOMEM:
        mt_log(MT_SAY_LEAKS_NOT_LOOKED_FOR, "no memory", NULL, NULL);
        break;
    case -EAGAIN:
        mt_log(MT_SAY_LEAKS_NOT_LOOKED_FOR, "another look goes on", NULL, NULL);
        break;
    }
}

void mt_leaks_after_fork(void) {
    mt_ages_after_fork();
    mt_leaks_threads_after_fork();
    if (mt_region_own)
        mt_region_leaks(&(struct mt_leak_sums){0}, NULL, 0);
}
