/*
 * Counting operations, exactly, without a shared cache line while threads are few.
 *
 * A counter is bumped by one add instruction to memory: a signal handler that counts in
 * between cannot lose an update, as it would between a load and a store. Shards with
 * several writers take the locked form.
 */
#ifndef MT_TRACK_COUNTERS_H
#define MT_TRACK_COUNTERS_H

#include "track/thread.h"

MT_INLINE void mt_add_u64(_Atomic uint64_t *counter, uint64_t value, bool shared) {
#if defined(__x86_64__)
    if (MT_LIKELY(!shared)) {
        __asm__ volatile("addq %1, %0" : "+m"(*counter) : "er"(value) : "cc");
        return;
    }
#endif
    (void)shared;
    atomic_fetch_add_explicit(counter, value, memory_order_relaxed);
}

MT_INLINE void mt_add_i64(_Atomic int64_t *counter, int64_t value, bool shared) {
    mt_add_u64((_Atomic uint64_t *)counter, (uint64_t)value, shared);
}

/* The next ID in hand; one exchange-and-add, for the same reason. */
MT_INLINE uint64_t mt_take_id(struct mt_thread *thread) {
    uint64_t id = 1;
#if defined(__x86_64__)
    __asm__ volatile("xaddq %0, %1" : "+r"(id), "+m"(thread->next_id) : : "cc");
#else
    id = __atomic_fetch_add(&thread->next_id, 1, __ATOMIC_RELAXED);
#endif
    return MT_LIKELY(id < thread->id_end) ? id : mt_thread_refill_ids(thread);
}

/* The bin of a size: its bit width, so that bin b holds 2^(b-1) … 2^b - 1. */
MT_INLINE unsigned mt_size_bin(uint64_t size) {
    unsigned bin = 63 - (unsigned)__builtin_clzll(2 * size + 1);
    return bin < MT_SIZE_BINS ? bin : MT_SIZE_BINS - 1;
}

/* Makes the record of (shard, site); the overflow site's when there is no room. */
struct mt_counter *mt_counter_make(struct mt_shard *shard, uint32_t site);

MT_INLINE struct mt_counter *mt_counter_of(struct mt_shard *shard, uint32_t site) {
    uint32_t directory =
        atomic_load_explicit(&shard->directory[site >> 12], memory_order_relaxed);
    uint32_t chunk = atomic_load_explicit(&mt_chunks[directory].u.index[site >> 4 & 255],
                                          memory_order_relaxed);
    if (MT_UNLIKELY(!chunk))
        return mt_counter_make(shard, site);
    return &mt_chunks[chunk].u.counter[site & 15];
}

/* Moves the shard's pending live bytes to the global figure and raises the high-water
 * mark; called when a step has piled up. */
void mt_counters_flush(struct mt_shard *shard);

/* Raises the stated error of the high-water mark to what the threads that are alive can
 * hold back now. */
void mt_counters_note_error(void);

/* Live bytes may pile up by this much, either way, before they are moved. */
extern MT_HIDDEN _Atomic uint64_t mt_counters_step;

/* A record's first touch after a new high-water mark saves what the site held then. */
MT_INLINE void mt_counter_note_peak(struct mt_counter *counter) {
    uint32_t epoch = atomic_load_explicit(&mt_region_own->peak_epoch, memory_order_relaxed);
    if (MT_LIKELY(atomic_load_explicit(&counter->peak_epoch, memory_order_relaxed) ==
                  epoch))
        return;
    int64_t live =
        (int64_t)(atomic_load_explicit(&counter->alloc_bytes, memory_order_relaxed) -
                  atomic_load_explicit(&counter->free_bytes, memory_order_relaxed));
    atomic_store_explicit(&counter->peak_bytes, live, memory_order_relaxed);
    /* Release: a reader that sees the epoch sees the bytes. */
    atomic_store_explicit(&counter->peak_epoch, epoch, memory_order_release);
}

MT_INLINE void mt_count_pending(struct mt_shard *shard, int64_t bytes, bool shared) {
    mt_add_i64(&shard->pending_bytes, bytes, shared);
    uint64_t step = atomic_load_explicit(&mt_counters_step, memory_order_relaxed);
    int64_t pending = atomic_load_explicit(&shard->pending_bytes, memory_order_relaxed);
    if (MT_UNLIKELY((uint64_t)pending + step > 2 * step))
        mt_counters_flush(shard);
}

MT_INLINE void mt_count_alloc(struct mt_shard *shard, bool shared, uint32_t site,
                              uint64_t size) {
    struct mt_counter *counter = mt_counter_of(shard, site);
    mt_counter_note_peak(counter);
    mt_add_u64(&counter->allocs, 1, shared);
    mt_add_u64(&counter->alloc_bytes, size, shared);
    mt_add_u64(&shard->alloc_bytes, size, shared);
    mt_add_u64(&shard->bin[mt_size_bin(size)].allocs, 1, shared);
    mt_count_pending(shard, (int64_t)size, shared);
}

MT_INLINE void mt_count_free(struct mt_shard *shard, bool shared, uint32_t site,
                             uint64_t size, bool temporary) {
    struct mt_counter *counter = mt_counter_of(shard, site);
    mt_counter_note_peak(counter);
    mt_add_u64(&counter->frees, 1, shared);
    mt_add_u64(&counter->free_bytes, size, shared);
    if (temporary)
        mt_add_u64(&counter->temporary, 1, shared);
    mt_add_u64(&shard->free_bytes, size, shared);
    mt_add_u64(&shard->bin[mt_size_bin(size)].frees, 1, shared);
    mt_count_pending(shard, -(int64_t)size, shared);
}

/* The shard's own totals now. */
void mt_shard_totals(const struct mt_shard *shard, struct mt_totals *out);

#endif
