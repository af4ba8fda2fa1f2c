/* Reading a region, one's own or a copy of what another process wrote. */
#include "track/region.h"

#include <string.h>

struct shape {
    uint32_t record, capacity;
};

/* Least record size and greatest capacity that this code can take; 0: any. */
static const struct shape shape[MT_TABLE_COUNT] = {
    [MT_TABLE_MODULES] = {sizeof(struct mt_module), 0},
    [MT_TABLE_SHARDS] = {sizeof(struct mt_shard), MT_SHARDS},
    [MT_TABLE_EVENTS] = {sizeof(struct mt_event), 0},
    [MT_TABLE_LEAKS] = {sizeof(struct mt_leak), 0},
    [MT_TABLE_SITES] = {sizeof(struct mt_site), MT_SITES_MAX},
    [MT_TABLE_NODES] = {sizeof(struct mt_node), 0},
    [MT_TABLE_CHUNKS] = {sizeof(struct mt_chunk), 0},
};

const char *const mt_leak_state_name[MT_LEAK_STATES] = {"lost", "indirect", "possible",
                                                        "live", "reachable"};
const char *const mt_leak_why_name[MT_LEAK_WHYS] = {
    [MT_LEAK_WHY_NONE] = "none",     [MT_LEAK_WHY_THREADS] = "threads",
    [MT_LEAK_WHY_SIGNAL] = "signal", [MT_LEAK_WHY_HEAP] = "heap",
    [MT_LEAK_WHY_SWAP] = "swap",     [MT_LEAK_WHY_MAPS] = "mappings",
    [MT_LEAK_WHY_LATE] = "late",
};

static bool table_fits(const struct mt_table *table, const struct shape *least,
                       uint64_t header_bytes, uint64_t bytes) {
    uint64_t length = (uint64_t)table->stride * table->capacity;
    return table->stride >= least->record && table->stride % 8 == 0 &&
           (!least->capacity || table->capacity <= least->capacity) &&
           table->offset % 8 == 0 && table->offset >= header_bytes &&
           table->offset <= bytes && length <= bytes - table->offset;
}

static bool refuse(const char **why, const char *text) {
    *why = text;
    return false;
}

bool mt_region_check(const void *memory, uint64_t bytes, const char **why) {
    const struct mt_region *region = memory;
    if (bytes < sizeof *region || region->magic != MT_REGION_MAGIC)
        return refuse(why, "not a region of libmtalloc");
    if (region->version > MT_REGION_VERSION)
        return refuse(why, "a region of a newer version of libmtalloc");
    if (region->version != MT_REGION_VERSION)
        return refuse(why, "a region of an unknown version of libmtalloc");
    if (region->header_bytes < sizeof *region || region->region_bytes > bytes)
        return refuse(why, "a region that is cut short");
    for (int id = 0; id < MT_TABLE_COUNT; id++) {
        if (!table_fits(&region->table[id], &shape[id], region->header_bytes,
                        region->region_bytes))
            return refuse(why, "a region with a damaged header");
    }
    *why = NULL;
    return true;
}

uint32_t mt_region_count(const struct mt_region *region, enum mt_table_id id) {
    const struct mt_table *table = &region->table[id];
    /* `used` first: what is published as open after that only makes the count too small. */
    uint32_t count = atomic_load_explicit(&table->used, memory_order_acquire);
    uint32_t open = atomic_load_explicit(&table->open, memory_order_acquire);
    if (count > open)
        count = open;
    return count < table->capacity ? count : table->capacity;
}

uint64_t mt_region_table_bytes(const struct mt_region *region, enum mt_table_id id) {
    return region->table[id].offset +
           (uint64_t)mt_region_count(region, id) * region->table[id].stride;
}

/* The counter of `site` in one shard, or NULL. A directory chunk covers 256 × 16 sites. */
static const struct mt_counter *find_counter(const struct mt_region *region,
                                             const struct mt_shard *shard, uint32_t site,
                                             uint32_t chunks) {
    uint32_t place = site / (256 * MT_CHUNK_SITES);
    if (place >= MT_DIRECTORY_MAX)
        return NULL;
    uint32_t at = atomic_load_explicit(&shard->directory[place], memory_order_acquire);
    if (!at || at >= chunks)
        return NULL;
    const struct mt_chunk *directory = mt_region_at(region, MT_TABLE_CHUNKS, at);
    at = atomic_load_explicit(&directory->u.index[site / MT_CHUNK_SITES % 256],
                              memory_order_acquire);
    if (!at || at >= chunks)
        return NULL;
    const struct mt_chunk *chunk = mt_region_at(region, MT_TABLE_CHUNKS, at);
    return &chunk->u.counter[site % MT_CHUNK_SITES];
}

static uint64_t load(const _Atomic uint64_t *counter) {
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static void add_frees(const struct mt_counter *counter, struct mt_site_sums *out) {
    out->frees += load(&counter->frees);
    out->free_bytes += load(&counter->free_bytes);
    out->temporary += load(&counter->temporary);
}

static void add_allocs(const struct mt_counter *counter, uint32_t epoch,
                       struct mt_site_sums *out) {
    uint64_t free_bytes = load(&counter->free_bytes);
    uint64_t alloc_bytes = load(&counter->alloc_bytes);
    uint64_t peak = alloc_bytes - free_bytes;
    out->allocs += load(&counter->allocs);
    out->alloc_bytes += alloc_bytes;
    out->reallocs += load(&counter->reallocs);
    /* A record that has not seen the current epoch has not changed since it began. */
    if (atomic_load_explicit(&counter->peak_epoch, memory_order_relaxed) == epoch)
        peak = (uint64_t)atomic_load_explicit(&counter->peak_bytes, memory_order_relaxed);
    out->peak_bytes = (int64_t)((uint64_t)out->peak_bytes + peak);
}

void mt_region_sum_site(const struct mt_region *region, uint32_t site,
                        struct mt_site_sums *out) {
    uint32_t shards = mt_region_count(region, MT_TABLE_SHARDS);
    uint32_t chunks = mt_region_count(region, MT_TABLE_CHUNKS);
    uint32_t epoch = atomic_load_explicit(&region->peak_epoch, memory_order_relaxed);
    memset(out, 0, sizeof *out);
    /* A free that is seen here happened after its allocation was counted, in whatever
     * shard; so every shard's frees are read before any shard's allocations. */
    for (int allocs = 0; allocs < 2; allocs++) {
        for (uint32_t i = 0; i < shards; i++) {
            const struct mt_shard *shard = mt_region_at(region, MT_TABLE_SHARDS, i);
            if (!atomic_load_explicit(&shard->used, memory_order_acquire))
                continue;
            const struct mt_counter *counter = find_counter(region, shard, site, chunks);
            if (counter && allocs)
                add_allocs(counter, epoch, out);
            else if (counter)
                add_frees(counter, out);
        }
        atomic_thread_fence(memory_order_acquire);
    }
}
