/*
 * Looked at when a shard's bytes have moved by a step (track/counters.c), not per operation
 * and not by a clock. A limit that was crossed is armed again below nine tenths of it, so
 * that going to and fro at the limit is one event.
 *
 * What is done here may be done inside malloc and free, and in a signal handler's.
 */
#include "alloc/thresholds.h"

#include "alloc/periodic.h"
#include "alloc/report_print.h"
#include "base/die.h"
#include "base/option_values.h"
#include "base/options.h"
#include "base/quiet.h"
#include "base/sys.h"
#include "export/dump.h"
#include "track/counters.h"
#include "track/region_make.h"

#include <string.h>

#define SITES_OVER 64           /* at the same time; of more nothing is said */
#define LOOK_LEAST (256u << 10) /* bytes allocated between two looks at the sites */
#define LOOK_EACH  64u          /* and so much for each site that is looked at */

static unsigned actions;
static atomic_bool live_over;
static atomic_bool looking; /* the rest belongs to whoever set this */
static uint32_t over[SITES_OVER];
static unsigned over_count;
static _Atomic uint64_t due; /* the sites, when so many bytes were allocated in all */

static bool rearms(uint64_t live, uint64_t limit) {
    return live < limit - limit / 10;
}

static MT_COLD void crossed(enum mt_event_kind kind, uint32_t site, uint64_t live,
                            uint64_t limit) {
    struct mt_finding finding = {.kind = kind,
                                 .error_site = site,
                                 .field = {{"live", live}, {"limit", limit}},
                                 .harmless = true};
    struct mt_event_facts facts = {.kind = kind, .error_site = site, .value = live};
    if (actions & MT_LIMIT_LOG)
        mt_finding_emit(&finding, NULL, 0); /* records it too */
    else
        mt_region_event(&facts);
    if (actions & MT_LIMIT_DUMP)
        (void)mt_dump(MT_REASON_LIMIT);
    if (actions & MT_LIMIT_ABORT) {
        if (mt_region_own->pid == (uint32_t)mt_sys0(SYS_getpid))
            atomic_store(&mt_region_own->state, MT_STATE_ABORTED);
        mt_die();
    }
}

static void look_at_live(void) {
    int64_t now = atomic_load_explicit(&mt_region_own->live_bytes, memory_order_relaxed);
    uint64_t limit = mt_options->limit_live, live = now > 0 ? (uint64_t)now : 0;
    bool before = atomic_load_explicit(&live_over, memory_order_relaxed);
    if (live > limit && !before && !atomic_exchange(&live_over, true))
        crossed(MT_EVENT_LIMIT_LIVE, 0, live, limit);
    else if (before && rearms(live, limit))
        atomic_store(&live_over, false);
}

/* ---- sites ---- */

static uint64_t allocated(void) {
    uint64_t bytes = 0;
    uint32_t shards = mt_region_count(mt_region_own, MT_TABLE_SHARDS);
    for (uint32_t i = 0; i < shards; i++)
        bytes += atomic_load_explicit(&mt_shards[i].alloc_bytes, memory_order_relaxed);
    return bytes;
}

/* Keeps whether the site is over the limit. True if it has just crossed it. */
static bool crosses(uint32_t site, uint64_t live, uint64_t limit) {
    unsigned at = 0;
    while (at < over_count && over[at] != site)
        at++;
    if (at < over_count) {
        if (rearms(live, limit))
            over[at] = over[--over_count];
        return false;
    }
    if (live <= limit || over_count == SITES_OVER)
        return false;
    over[over_count++] = site;
    return true;
}

/* No site can cross before so much more was allocated. While one is over the limit, often
 * enough to see it fall below nine tenths and come back. */
static uint64_t room(uint64_t limit, uint64_t most, uint32_t sites) {
    uint64_t bytes = limit - most;
    uint64_t least = limit / 128 > LOOK_LEAST ? limit / 128 : LOOK_LEAST;
    if (over_count && bytes > limit / 32)
        bytes = limit / 32;
    if (least < (uint64_t)sites * LOOK_EACH)
        least = (uint64_t)sites * LOOK_EACH;
    return bytes > least ? bytes : least;
}

static void walk(uint64_t now) {
    uint64_t limit = mt_options->limit_site, most = 0;
    uint32_t sites = mt_region_count(mt_region_own, MT_TABLE_SITES);
    struct mt_site_sums sums;
    for (uint32_t site = 0; site < sites; site++) {
        mt_region_sum_site(mt_region_own, site, &sums);
        uint64_t live = sums.alloc_bytes - sums.free_bytes;
        if (crosses(site, live, limit))
            crossed(MT_EVENT_LIMIT_SITE, site, live, limit);
        else if (live <= limit && live > most)
            most = live;
    }
    atomic_store(&due, now + room(limit, most, sites));
}

/* With signals blocked: a handler that jumped out of here would leave the flag set. */
static MT_COLD void look_at_sites(uint64_t now) {
    struct mt_quiet quiet;
    mt_quiet_begin(&quiet, MT_QUIET_MOST);
    if (!atomic_exchange(&looking, true)) {
        walk(now);
        atomic_store(&looking, false);
    }
    mt_quiet_end(&quiet);
}

static void on_step(void) {
    mt_periodic_peak();
    if (mt_options->limit_live)
        look_at_live();
    if (!mt_options->limit_site)
        return;
    uint64_t now = allocated();
    if (now >= atomic_load_explicit(&due, memory_order_relaxed))
        look_at_sites(now);
}

void mt_thresholds_start(void) {
    const char *text = mt_options->limit_action;
    if (!mt_options->limit_live && !mt_options->limit_site && !mt_options->on_peak)
        return;
    (void)mt_option_read_actions(text, strlen(text), &actions);
    mt_counters_on_step = on_step;
}

void mt_thresholds_after_fork(void) {
    atomic_store(&looking, false);
    atomic_store(&due, 0);
}
