/* What is done when a limit is crossed, and single allocations. */
#include "alloc/report_print.h"
#include "alloc/watch.h"
#include "base/die.h"
#include "base/option_values.h"
#include "base/sys.h"
#include "export/dump.h"
#include "track/tree.h"

#include <errno.h>

#define ONCE_SITES 256

static MT_TLS uint8_t calling;

bool mt_watch_calling(void) {
    return calling;
}

static void call(int number, const struct mt_watch *watch, uint32_t site, uint64_t value) {
    uint32_t leaf = site ? mt_tree_node(site) : 0;
    struct mtalloc_crossing crossing = {.size = sizeof crossing,
                                        .kind = watch->kind,
                                        .limit = number,
                                        .frame = leaf,
                                        .signature = leaf ? mt_nodes[leaf].signature : 0,
                                        .value = value,
                                        .bytes = watch->bytes};
    int error = errno; /* free leaves it alone, and so does a malloc that succeeds */
    calling = 1;
    watch->call(&crossing, watch->context);
    calling = 0;
    errno = error;
}

static void record(const struct mt_watch *watch, uint32_t site, uint64_t value,
                   const struct mt_block *block) {
    static const enum mt_event_kind kind[] = {
        [MT_WATCH_LIVE] = MT_EVENT_LIMIT_LIVE,
        [MT_WATCH_SITE] = MT_EVENT_LIMIT_SITE,
        [MT_WATCH_RATE] = MT_EVENT_LIMIT_RATE,
        [MT_WATCH_ALLOC] = MT_EVENT_LARGE_ALLOCATION,
    };
    struct mt_finding finding = {
        .kind = kind[watch->kind], .block = block, .harmless = true};
    struct mt_event_facts facts = {.kind = finding.kind};
    if (block) {
        facts.id = block->id;
        facts.size = block->size;
        facts.alloc_site = block->site;
    } else {
        finding.error_site = facts.error_site = site;
        finding.field[0].name = watch->kind == MT_WATCH_RATE ? "rate" : "live";
        finding.field[0].value = facts.value = value;
        finding.field[1].name = "limit";
        finding.field[1].value = watch->bytes;
    }
    if (watch->actions & MT_LIMIT_LOG)
        mt_finding_emit(&finding, NULL, 0); /* records it too */
    else
        mt_region_event(&facts);
}

MT_COLD void mt_watch_act(int number, const struct mt_watch *watch, uint32_t site,
                          uint64_t value, const struct mt_block *block) {
    record(watch, site, value, block);
    if (watch->actions & MT_LIMIT_DUMP)
        (void)mt_dump(MT_REASON_LIMIT);
    if (watch->signal)
        (void)mt_sys2(SYS_kill, mt_sys0(SYS_getpid), watch->signal);
    if (watch->call)
        call(number, watch, site, value);
    if (watch->actions & MT_LIMIT_ABORT) {
        if (mt_region_own && mt_region_own->pid == (uint32_t)mt_sys0(SYS_getpid))
            atomic_store(&mt_region_own->state, MT_STATE_ABORTED);
        mt_die();
    }
}

/* ---- single allocations ---- */

/* A site and a watch. The pairs of watches that were taken away are used again. */
static _Atomic uint64_t seen[ONCE_SITES];

static bool is_stale(uint64_t pair) {
    struct mt_watch watch;
    uint32_t version;
    (void)mt_watch_read((int)(pair & 255), MT_WATCH_ALLOC, &watch, &version);
    return version != pair >> 32;
}

/* In a full table. Two threads that come for one pair while a watch is taken away may both
 * get a place. */
static bool replaces_stale(uint64_t own) {
    for (unsigned i = 0; i < ONCE_SITES; i++) {
        uint64_t other = atomic_load(&seen[i]);
        if (other != own && is_stale(other) &&
            atomic_compare_exchange_strong(&seen[i], &other, own))
            return true;
        if (other == own)
            return false;
    }
    return false;
}

/* True the first time that it is asked for a site and a watch. */
static bool first_time(uint32_t site, int number, uint32_t version) {
    uint64_t own = (uint64_t)version << 32 | (uint64_t)site << 8 | (uint64_t)number;
    for (unsigned i = 0; i < ONCE_SITES; i++) {
        uint64_t other = 0;
        if (atomic_compare_exchange_strong(&seen[i], &other, own))
            return true;
        if (other == own)
            return false;
    }
    return replaces_stale(own);
}
_Static_assert(MT_SITE_BITS <= 24 && MT_WATCHES < 256, "first_time()");

MT_COLD void mt_watch_alloc(void *user) {
    struct mt_block block;
    struct mt_watch watch;
    uint32_t version;
    if (mt_watch_calling() || !mt_block_open_as(user, MT_LIVE, &block))
        return;
    for (int number = 1, end = mt_watch_end(); number <= end; number++)
        if (mt_watch_read(number, MT_WATCH_ALLOC, &watch, &version) &&
            block.size > watch.bytes && first_time(block.site, number, version))
            mt_watch_act(number, &watch, block.site, block.size, &block);
}
