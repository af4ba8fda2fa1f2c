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

/* What of a place's state is this thread's: how often it holds the mark, or CHANGING. So a
 * forked child tells its own thread's part from that of those which are not there. Written
 * before the state is taken and after it is given back: a fork by a handler in between may
 * leave a mark held once too often, not once too little. */
static MT_TLS _Atomic int8_t own[MARKS];

static const struct mt_mark start;

const struct mt_mark *mt_mark_hold(int mark, int *error) {
    if (mark == MTALLOC_START)
        return &start;
    *error = -EINVAL;
    if (mark < 1 || mark > MARKS)
        return NULL;
    *error = -EAGAIN;
    int8_t mine = atomic_load(&own[mark - 1]);
    if (mine == CHANGING || mine == INT8_MAX)
        return NULL;
    atomic_store(&own[mark - 1], mine + 1);
    int state = atomic_load(&place[mark - 1].state);
    while (state >= SET)
        if (atomic_compare_exchange_weak(&place[mark - 1].state, &state, state + 1))
            return &place[mark - 1].mark;
    atomic_store(&own[mark - 1], mine);
    if (state != CHANGING)
        *error = -EINVAL;
    return NULL;
}

void mt_mark_release(int mark) {
    if (mark == MTALLOC_START)
        return;
    atomic_fetch_sub(&place[mark - 1].state, 1);
    atomic_fetch_sub(&own[mark - 1], 1);
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

/* True if the place was in that state and is now CHANGING, by this thread. */
static bool take(int index, int *state) {
    if (atomic_load(&own[index]) != 0) {
        *state = SET + 1;
        return false;
    }
    atomic_store(&own[index], CHANGING);
    if (atomic_compare_exchange_strong(&place[index].state, state, CHANGING))
        return true;
    atomic_store(&own[index], 0);
    return false;
}

static void give(int index, int state) {
    atomic_store(&place[index].state, state);
    atomic_store(&own[index], 0);
}

MT_EXPORT int mtalloc_mark(void) {
    (void)mt_enter();
    if (mt_off || !mt_region_own)
        return -ENOTSUP;
    for (int i = 0; i < MARKS; i++) {
        int state = FREE;
        if (!take(i, &state))
            continue;
        int result = fill(i);
        give(i, result == 0 ? SET : FREE);
        return result == 0 ? i + 1 : result;
    }
    return -ENOSPC;
}

/* Takes a mark that is set and not held. */
static int take_set(int mark) {
    int state = SET;
    (void)mt_enter();
    if (mt_off || !mt_region_own)
        return -ENOTSUP;
    if (mark < 1 || mark > MARKS)
        return -EINVAL;
    if (take(mark - 1, &state))
        return 0;
    return state == FREE ? -EINVAL : -EBUSY;
}

MT_EXPORT int mtalloc_move_mark(int mark) {
    int result = take_set(mark);
    if (result != 0)
        return result;
    result = fill(mark - 1);
    give(mark - 1, SET);
    return result;
}

MT_EXPORT int mtalloc_drop_mark(int mark) {
    int result = take_set(mark);
    if (result != 0)
        return result;
    empty(mark - 1);
    give(mark - 1, FREE);
    return 0;
}

void mt_marks_after_fork(bool anew) {
    for (int i = 0; i < MARKS; i++) {
        int state = atomic_load(&place[i].state), mine = atomic_load(&own[i]);
        if (state == CHANGING && mine != CHANGING) {
            /* Half-written, by a thread that is not here. Its memory is lost. */
            place[i].mark = start;
            place[i].bytes = 0;
            atomic_store(&place[i].state, FREE);
        } else if (state >= SET) /* those who are not here let go of it */
            atomic_store(&place[i].state, mine > 0 ? SET + mine : SET);
        if (anew) {
            place[i].mark.totals = start.totals;
            place[i].mark.sites = 0;
        }
    }
}
