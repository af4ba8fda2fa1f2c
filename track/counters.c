#include "track/counters.h"

#define STEP_LEAST 1024u
#define STEP_MOST  (1u << 20)

_Atomic uint64_t mt_counters_step = STEP_LEAST;

/* Publishes a fresh chunk in a link that may have been filled meanwhile. */
static uint32_t link_chunk(_Atomic uint32_t *link) {
    uint32_t chunk = atomic_load_explicit(link, memory_order_acquire);
    if (chunk)
        return chunk;
    uint32_t mine = mt_region_claim(MT_TABLE_CHUNKS);
    if (!mine)
        return 0;
    if (atomic_compare_exchange_strong_explicit(link, &chunk, mine, memory_order_acq_rel,
                                                memory_order_acquire))
        return mine;
    return chunk; /* a signal handler or another writer was first; `mine` is lost */
}

static struct mt_counter *counter_in(struct mt_shard *shard, uint32_t site) {
    uint32_t directory = link_chunk(&shard->directory[site >> 12]);
    if (!directory)
        return NULL;
    uint32_t chunk = link_chunk(&mt_chunks[directory].u.index[site >> 4 & 255]);
    return chunk ? &mt_chunks[chunk].u.counter[site & 15] : NULL;
}

/* What does not fit is counted under [overflow] in the shard, and if even that has no
 * chunk, in the first shared shard's, which the region's start made. That one has several
 * writers that add without a lock: what is lost there is lost among what did not fit. */
MT_COLD struct mt_counter *mt_counter_make(struct mt_shard *shard, uint32_t site) {
    struct mt_counter *counter = counter_in(shard, site);
    if (MT_LIKELY(counter != NULL))
        return counter;
    atomic_fetch_add_explicit(&mt_region_own->overflow_nodes, 1, memory_order_relaxed);
    counter = counter_in(shard, MT_PSEUDO_OVERFLOW);
    return counter ? counter : counter_in(&mt_shards[MT_SHARDS_OWNED], MT_PSEUDO_OVERFLOW);
}

/* Every thread may hold back a step, unseen by the global figure. */
void mt_counters_note_error(void) {
    struct mt_region *region = mt_region_own;
    uint64_t error = atomic_load(&mt_counters_step) * (atomic_load(&region->threads) + 1);
    uint64_t known = atomic_load_explicit(&region->peak_error_bytes, memory_order_relaxed);
    while (error > known && !atomic_compare_exchange_weak_explicit(
                                &region->peak_error_bytes, &known, error,
                                memory_order_relaxed, memory_order_relaxed))
        ;
}

static void raise_peak(struct mt_region *region, int64_t live) {
    int64_t peak = atomic_load_explicit(&region->peak_bytes, memory_order_relaxed);
    while (live > peak) {
        if (!atomic_compare_exchange_weak_explicit(&region->peak_bytes, &peak, live,
                                                   memory_order_relaxed,
                                                   memory_order_relaxed))
            continue;
        mt_counters_note_error();
        atomic_fetch_add_explicit(&region->peak_epoch, 1, memory_order_release);
        return;
    }
}

MT_COLD void mt_counters_flush(struct mt_shard *shard) {
    struct mt_region *region = mt_region_own;
    int64_t pending = atomic_exchange(&shard->pending_bytes, 0);
    int64_t live = atomic_fetch_add(&region->live_bytes, pending) + pending;
    /* A thousandth of what is live: the error of the high-water mark stays in proportion.
     */
    uint64_t step = live > 0 ? (uint64_t)live >> 10 : 0;
    step = step < STEP_LEAST ? STEP_LEAST : step > STEP_MOST ? STEP_MOST : step;
    if (atomic_load_explicit(&mt_counters_step, memory_order_relaxed) != step)
        atomic_store_explicit(&mt_counters_step, step, memory_order_relaxed);
    raise_peak(region, live);
}

void mt_shard_totals(const struct mt_shard *shard, struct mt_totals *out) {
    *out = (struct mt_totals){.alloc_bytes = shard->alloc_bytes,
                              .free_bytes = shard->free_bytes};
    for (unsigned i = 0; i < MT_SIZE_BINS; i++) {
        out->allocs += shard->bin[i].allocs;
        out->frees += shard->bin[i].frees;
    }
}
