/*
 * A mark is a copy of every site's sums, in memory of its own that is as large as there are
 * sites. Whoever reads one holds it, and whoever changes it finds nobody; neither waits.
 */
#include "alloc/marks.h"

#include "alloc/init.h"
#include "base/attr.h"
#include "base/pages.h"
#include "mtalloc/mtalloc.h"

#include <errno.h>

#define MARKS 16

enum { CHANGING = -1, FREE = 0, SET = 1 };

static struct {
    _Atomic int state; /* SET, and one more for each that holds it */
    struct mt_mark mark;
    size_t bytes; /* of mark.site */
} place[MARKS];

static const struct mt_mark start;

const struct mt_mark *mt_mark_hold(int mark, int *error) {
    if (mark == MTALLOC_START)
        return &start;
    *error = -EINVAL;
    if (mark < 1 || mark > MARKS)
        return NULL;
    int state = atomic_load(&place[mark - 1].state);
    while (state >= SET)
        if (atomic_compare_exchange_weak(&place[mark - 1].state, &state, state + 1))
            return &place[mark - 1].mark;
    if (state == CHANGING)
        *error = -EAGAIN;
    return NULL;
}

void mt_mark_release(int mark) {
    if (mark != MTALLOC_START)
        atomic_fetch_sub(&place[mark - 1].state, 1);
}

void mt_mark_totals(struct mt_totals *out) {
    uint32_t shards = mt_region_count(mt_region_own, MT_TABLE_SHARDS);
    *out = (struct mt_totals){0};
    for (uint32_t i = 0; i < shards; i++) {
        if (!atomic_load_explicit(&mt_shards[i].used, memory_order_acquire))
            continue;
        for (int bin = 0; bin < MT_SIZE_BINS; bin++)
            out->frees += mt_shards[i].bin_frees[bin];
        out->free_bytes += mt_shards[i].free_bytes;
    }
    /* Acquire: who sees a free sees the allocation. */
    atomic_thread_fence(memory_order_acquire);
    for (uint32_t i = 0; i < shards; i++) {
        if (!atomic_load_explicit(&mt_shards[i].used, memory_order_acquire))
            continue;
        for (int bin = 0; bin < MT_SIZE_BINS; bin++)
            out->allocs += mt_shards[i].bin_allocs[bin];
        out->alloc_bytes += mt_shards[i].alloc_bytes;
    }
}

/* Fills in a mark that nobody else has. The old memory stays where there is no other. */
static int fill(int index) {
    struct mt_mark *mark = &place[index].mark;
    uint32_t sites = mt_region_count(mt_region_own, MT_TABLE_SITES);
    size_t bytes = mt_page_up(sites * sizeof *mark->site);
    if (bytes > place[index].bytes) {
        struct mt_site_sums *site = mt_pages_map(bytes);
        if (!site)
            return -ENOMEM;
        if (mark->site)
            mt_pages_unmap(mark->site, place[index].bytes);
        mark->site = site;
        place[index].bytes = bytes;
    }
    mt_mark_totals(&mark->totals);
    for (uint32_t i = 0; i < sites; i++)
        mt_region_sum_site(mt_region_own, i, &mark->site[i]);
    mark->sites = sites;
    return 0;
}

static void empty(int index) {
    if (place[index].mark.site)
        mt_pages_unmap(place[index].mark.site, place[index].bytes);
    place[index].mark = start;
    place[index].bytes = 0;
}

MT_EXPORT int mtalloc_mark(void) {
    (void)mt_enter();
    if (mt_off || !mt_region_own)
        return -ENOTSUP;
    for (int i = 0; i < MARKS; i++) {
        int state = FREE;
        if (!atomic_compare_exchange_strong(&place[i].state, &state, CHANGING))
            continue;
        int result = fill(i);
        atomic_store(&place[i].state, result == 0 ? SET : FREE);
        return result == 0 ? i + 1 : result;
    }
    return -ENOSPC;
}

/* Takes a mark that is set and not held. */
static int take(int mark) {
    int state = SET;
    if (mark < 1 || mark > MARKS)
        return -EINVAL;
    if (atomic_compare_exchange_strong(&place[mark - 1].state, &state, CHANGING))
        return 0;
    return state == FREE ? -EINVAL : -EBUSY;
}

MT_EXPORT int mtalloc_move_mark(int mark) {
    (void)mt_enter();
    if (mt_off || !mt_region_own)
        return -ENOTSUP;
    int result = take(mark);
    if (result != 0)
        return result;
    result = fill(mark - 1);
    atomic_store(&place[mark - 1].state, SET);
    return result;
}

MT_EXPORT int mtalloc_drop_mark(int mark) {
    (void)mt_enter();
    if (mt_off || !mt_region_own)
        return -ENOTSUP;
    int result = take(mark);
    if (result != 0)
        return result;
    empty(mark - 1);
    atomic_store(&place[mark - 1].state, FREE);
    return 0;
}

void mt_marks_after_fork(bool anew) {
    for (int i = 0; i < MARKS; i++) {
        /* Half-written, by a thread that is not here. Its memory is lost. */
        if (atomic_load(&place[i].state) == CHANGING) {
            place[i].mark = start;
            place[i].bytes = 0;
            atomic_store(&place[i].state, FREE);
        }
        if (anew) {
            place[i].mark.totals = start.totals;
            place[i].mark.sites = 0;
        }
    }
}
