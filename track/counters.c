#include "track/counters.h"

#define STEP_LEAST 1024u
#define STEP_LEAST_OF_SEVERAL                                                              \
    (8u << 10) /* threads: the global figure is a line for all                             \
                */
#define STEP_SMALL (64u << 10)
#define READ_AGAIN 100

/* Live bytes may pile up by this much in a shard, either way, before they are moved. */
static _Atomic uint64_t step = STEP_LEAST;

void (*_Atomic mt_counters_on_step)(void);

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

MT_COLD struct mt_counter *mt_counter_make(struct mt_shard *shard, uint32_t *site) {
    struct mt_counter *counter = counter_in(shard, *site);
    if (MT_LIKELY(counter != NULL))
        return counter;
    atomic_fetch_add_explicit(&mt_region_own->overflow_nodes, 1, memory_order_relaxed);
    *site = MT_PSEUDO_OVERFLOW;
    return counter_in(shard, MT_PSEUDO_OVERFLOW);
}

bool mt_counters_prepare(struct mt_shard *shard) {
    return counter_in(shard, MT_PSEUDO_OVERFLOW) != NULL;
}

/* In proportion to what is live, so that the error of the high-water mark is: a 128th of a
 * small heap, where a step is soon full, down to a 1024th of a large one. */
static uint64_t step_for(int64_t live) {
    uint64_t bytes = live > 0 ? (uint64_t)live : 0, wanted = bytes >> 7;
    bool several = atomic_load_explicit(&mt_region_own->threads, memory_order_relaxed) > 1;
    uint64_t least = several ? STEP_LEAST_OF_SEVERAL : STEP_LEAST;
    if (wanted > STEP_SMALL)
        wanted = bytes >> 10 > STEP_SMALL ? bytes >> 10 : STEP_SMALL;
    return wanted < least ? least : wanted > MT_STEP_MOST ? MT_STEP_MOST : wanted;
}

static void set_step(int64_t live) {
    uint64_t wanted = step_for(live);
    if (atomic_load_explicit(&step, memory_order_relaxed) != wanted)
        atomic_store_explicit(&step, wanted, memory_order_relaxed);
}

/* Every thread may hold back a step, unseen by the global figure. Not the step of now: a
 * heap that shrinks and grows again comes to the largest one without a new mark. */
void mt_counters_note_error(void) {
    struct mt_region *region = mt_region_own;
    uint64_t error =
        step_for(atomic_load(&region->peak_bytes)) * (atomic_load(&region->threads) + 1);
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

/* What was freed has not changed while what was allocated was read, so the two belong
 * together. Other writers may be too many for that; then it is less than was live. */
static int64_t held_back(const struct mt_shard *shard, uint64_t *allocs, uint64_t *frees) {
    uint64_t before = atomic_load_explicit(&shard->free_bytes, memory_order_acquire);
    for (int i = 0; i < READ_AGAIN; i++, before = *frees) {
        *allocs = atomic_load_explicit(&shard->alloc_bytes, memory_order_acquire);
        *frees = atomic_load_explicit(&shard->free_bytes, memory_order_acquire);
        if (MT_LIKELY(*frees == before))
            break;
    }
    return (int64_t)(*allocs - *frees) - atomic_load(&shard->moved_bytes);
}

/* A handler, or another writer, that moves bytes in between is no harm: what has been moved
 * in all is always what the last exchange left. */
static void move(struct mt_shard *shard) {
    struct mt_region *region = mt_region_own;
    uint64_t allocs, frees;
    (void)held_back(shard, &allocs, &frees);
    int64_t net = (int64_t)(allocs - frees);
    int64_t moved = net - atomic_exchange(&shard->moved_bytes, net);
    int64_t live = atomic_fetch_add(&region->live_bytes, moved) + moved;
    set_step(live);
    raise_peak(region, live);
}

/* The limits said how far it was from what had been moved before. */
MT_COLD void mt_counters_flush(struct mt_shard *shard) {
    move(shard);
    atomic_store(&shard->alloc_limit, 0);
    atomic_store(&shard->free_limit, 0);
}

static void set_limits(struct mt_shard *shard) {
    uint64_t allocs, frees;
    int64_t most = (int64_t)atomic_load_explicit(&step, memory_order_relaxed);
    int64_t held = held_back(shard, &allocs, &frees);
    int64_t room = most - held, drain = most + held;
    atomic_store(&shard->alloc_limit, allocs + (uint64_t)(room > 0 ? room : 0));
    atomic_store(&shard->free_limit, frees + (uint64_t)(drain > 0 ? drain : 0));
}

/* Limits count from what has been moved: if somebody moves more in between, anew. */
MT_COLD void mt_counters_check(struct mt_shard *shard) {
    uint64_t allocs, frees, most = atomic_load_explicit(&step, memory_order_relaxed);
    int64_t held = held_back(shard, &allocs, &frees), moved;
    if ((uint64_t)(held < 0 ? -held : held) > most / 2)
        move(shard);
    do {
        moved = atomic_load(&shard->moved_bytes);
        set_limits(shard);
    } while (MT_UNLIKELY(moved != atomic_load(&shard->moved_bytes)));
    void (*on_step)(void) =
        atomic_load_explicit(&mt_counters_on_step, memory_order_relaxed);
    if (MT_UNLIKELY(on_step != NULL))
        on_step();
}

void mt_shard_totals(const struct mt_shard *shard, struct mt_totals *out) {
    *out = (struct mt_totals){.alloc_bytes = shard->alloc_bytes,
                              .free_bytes = shard->free_bytes};
    for (unsigned i = 0; i < MT_SIZE_BINS; i++) {
        out->allocs += shard->bin_allocs[i];
        out->frees += shard->bin_frees[i];
    }
}
