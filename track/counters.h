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

/* The next ID in hand; one exchange-and-add, for the same reason. Where they end is read
 * first: what a handler refills in between lies beyond that. False: there is none left. */
MT_INLINE bool mt_take_id(struct mt_thread *thread, uint64_t *id) {
    uint64_t end = *(volatile uint64_t *)&thread->id_end;
    *id = 1;
#if defined(__x86_64__)
    __asm__ volatile("xaddq %0, %1" : "+r"(*id), "+m"(thread->next_id) : : "cc");
#else
    *id = __atomic_fetch_add(&thread->next_id, 1, __ATOMIC_RELAXED);
#endif
    return MT_LIKELY(*id < end);
}
MT_INLINE uint64_t mt_next_id(struct mt_thread *thread) {
    uint64_t id;
    return mt_take_id(thread, &id) ? id : mt_thread_refill_ids(thread);
}

/* The bin of a size: its bit width, so that bin b holds 2^(b-1) … 2^b - 1. */
MT_INLINE unsigned mt_size_bin(uint64_t size) {
    unsigned bin = 63 - (unsigned)__builtin_clzll(2 * size + 1);
    return bin < MT_SIZE_BINS ? bin : MT_SIZE_BINS - 1;
}

/* Makes the record of (shard, *site). When there is no room, *site becomes [overflow],
 * which every shard that is in use has a record of. */
struct mt_counter *mt_counter_make(struct mt_shard *shard, uint32_t *site);

/* The records of [overflow] and of the other pseudo sites lie in one chunk. */
_Static_assert(MT_PSEUDO_COUNT < MT_CHUNK_SITES, "pseudo sites");

/* Prepares a shard for use; false: no room. */
bool mt_counters_prepare(struct mt_shard *shard);

/* A word of memory that is as quickly read again as kept. */
MT_INLINE struct mt_chunk *mt_chunk_at(uint32_t index) {
    return *(struct mt_chunk *volatile *)&mt_chunks + index;
}

/* The record of (shard, site); NULL if there is none yet. */
MT_INLINE struct mt_counter *mt_counter_find(struct mt_shard *shard, uint32_t site) {
    uint32_t directory =
        atomic_load_explicit(&shard->directory[site >> 12], memory_order_relaxed);
    uint32_t chunk = atomic_load_explicit(&mt_chunk_at(directory)->u.index[site >> 4 & 255],
                                          memory_order_relaxed);
    return MT_LIKELY(chunk) ? &mt_chunk_at(chunk)->u.counter[site & 15] : NULL;
}
MT_INLINE struct mt_counter *mt_counter_of(struct mt_shard *shard, uint32_t site) {
    struct mt_counter *counter = mt_counter_find(shard, site);
    return MT_LIKELY(counter != NULL) ? counter : mt_counter_make(shard, &site);
}

/* Of a heap of a gigabyte and more. */
#define MT_STEP_MOST (1u << 20)

/* Moves the shard's live bytes to the global figure, if half a step of them has piled up,
 * and raises the high-water mark. Sets the limits at which to look again: short of them
 * the shard holds back no more than a step, either way. */
void mt_counters_check(struct mt_shard *shard);

/* Called after that, within malloc or free; NULL: nobody wants to know. */
extern MT_HIDDEN void (*_Atomic mt_counters_on_step)(void);

/* The same however little it is. */
void mt_counters_flush(struct mt_shard *shard);

/* Raises the stated error of the high-water mark to what the threads that are alive can
 * hold back now. */
void mt_counters_note_error(void);

/* A record's first touch after a new high-water mark saves what the site held then. True if
 * that is done. */
MT_INLINE bool mt_counter_peak_noted(const struct mt_counter *counter) {
    uint32_t epoch = atomic_load_explicit(&mt_region_own->peak_epoch, memory_order_relaxed);
    return MT_LIKELY(epoch ==
                     atomic_load_explicit(&counter->peak_epoch, memory_order_relaxed));
}
MT_INLINE void mt_counter_note_peak(struct mt_counter *counter) {
    uint32_t epoch = atomic_load_explicit(&mt_region_own->peak_epoch, memory_order_relaxed);
    int64_t live =
        (int64_t)(atomic_load_explicit(&counter->alloc_bytes, memory_order_relaxed) -
                  atomic_load_explicit(&counter->free_bytes, memory_order_relaxed));
    atomic_store_explicit(&counter->peak_bytes, live, memory_order_relaxed);
    /* Release: a reader that sees the epoch sees the bytes. */
    atomic_store_explicit(&counter->peak_epoch, epoch, memory_order_release);
}

/* Finds the record of a site in the thread's own shard, if the thread met it not long ago
 * and its peak is noted. One comparison tells both. Record 0 is no site's. */
MT_INLINE bool mt_counter_met(const struct mt_thread *thread, uint32_t site,
                              struct mt_counter **found) {
    uint32_t epoch = atomic_load_explicit(&mt_region_own->peak_epoch, memory_order_relaxed);
    const uint32_t wanted[2] = {epoch, site};
    *found = mt_chunk_at(0)->u.counter + thread->met[site % MT_MET_SITES];
    return MT_LIKELY(
        !__builtin_memcmp((const void *)&(*found)->peak_epoch, wanted, sizeof wanted));
}
MT_INLINE void mt_counter_meet(struct mt_thread *thread, struct mt_counter *counter,
                               uint32_t site) {
    atomic_store_explicit(&counter->site, site, memory_order_relaxed);
    thread->met[site % MT_MET_SITES] = (uint32_t)(counter - mt_chunk_at(0)->u.counter);
}

/* For a counter whose peak is noted. True when the shard's live bytes are due:
 * mt_counters_check(). */
MT_INLINE bool mt_count_alloc_at(struct mt_shard *shard, bool shared,
                                 struct mt_counter *counter, uint64_t size) {
    mt_add_u64(&counter->allocs, 1, shared);
    mt_add_u64(&counter->alloc_bytes, size, shared);
    mt_add_u64(&shard->bin_allocs[mt_size_bin(size)], 1, shared);
    mt_add_u64(&shard->alloc_bytes, size, shared);
    return MT_UNLIKELY(atomic_load_explicit(&shard->alloc_bytes, memory_order_relaxed) >
                       atomic_load_explicit(&shard->alloc_limit, memory_order_relaxed));
}

MT_INLINE bool mt_count_free_at(struct mt_shard *shard, bool shared,
                                struct mt_counter *counter, uint64_t size) {
    mt_add_u64(&counter->frees, 1, shared);
    mt_add_u64(&counter->free_bytes, size, shared);
    mt_add_u64(&shard->bin_frees[mt_size_bin(size)], 1, shared);
    mt_add_u64(&shard->free_bytes, size, shared);
    return MT_UNLIKELY(atomic_load_explicit(&shard->free_bytes, memory_order_relaxed) >
                       atomic_load_explicit(&shard->free_limit, memory_order_relaxed));
}

/* The whole of it, off the hot path. */
MT_INLINE void mt_count_alloc_in(struct mt_shard *shard, bool shared,
                                 struct mt_counter *counter, uint64_t size) {
    if (!mt_counter_peak_noted(counter))
        mt_counter_note_peak(counter);
    if (mt_count_alloc_at(shard, shared, counter, size))
        mt_counters_check(shard);
}
MT_INLINE void mt_count_alloc(struct mt_shard *shard, bool shared, uint32_t site,
                              uint64_t size) {
    mt_count_alloc_in(shard, shared, mt_counter_of(shard, site), size);
}
MT_INLINE void mt_count_free(struct mt_shard *shard, bool shared, uint32_t site,
                             uint64_t size, bool temporary) {
    struct mt_counter *counter = mt_counter_of(shard, site);
    if (!mt_counter_peak_noted(counter))
        mt_counter_note_peak(counter);
    if (temporary)
        mt_add_u64(&counter->temporary, 1, shared);
    if (mt_count_free_at(shard, shared, counter, size))
        mt_counters_check(shard);
}

/* The shard's own totals now. */
void mt_shard_totals(const struct mt_shard *shard, struct mt_totals *out);

#endif
