/* Sums over sites and shards, and whether they agree. */
#include "export/writer.h"

#include <string.h>

static bool is_overflow(const struct mt_writer *writer, uint32_t leaf) {
    const struct mt_node *node = mt_region_at(writer->region, MT_TABLE_NODES, leaf);
    return mt_load32(&node->module) == MT_PSEUDO_OVERFLOW;
}

static void sum_sites(struct mt_writer *writer) {
    struct mt_sums *sums = &writer->sums;
    for (uint32_t site = 1; site < writer->sites; site++) {
        struct mt_site_sums one;
        mt_region_sum_site(writer->region, site, &one);
        sums->site.allocs += one.allocs;
        sums->site.alloc_bytes += one.alloc_bytes;
        sums->site.frees += one.frees;
        sums->site.free_bytes += one.free_bytes;
        sums->site.temporary += one.temporary;
        sums->site.reallocs += one.reallocs;
        /* No block is freed that was not allocated: that is a miscount, or a copy made
         * while the process was counting. */
        sums->mismatch += mt_excess(one.frees, one.allocs);
        sums->mismatch += mt_excess(one.free_bytes, one.alloc_bytes);
        uint32_t leaf = mt_writer_site_leaf(writer, site);
        if (leaf && is_overflow(writer, leaf))
            sums->overflow_allocs += one.allocs;
    }
}

static void sum_shards(struct mt_writer *writer) {
    struct mt_sums *sums = &writer->sums;
    uint32_t shards = mt_region_count(writer->region, MT_TABLE_SHARDS);
    for (uint32_t i = 0; i < shards; i++) {
        const struct mt_shard *shard = mt_region_at(writer->region, MT_TABLE_SHARDS, i);
        if (!mt_load32(&shard->used))
            continue;
        sums->shard.alloc_bytes += mt_load64(&shard->alloc_bytes);
        sums->shard.free_bytes += mt_load64(&shard->free_bytes);
        for (int bin = 0; bin < MT_SIZE_BINS; bin++) {
            sums->shard.allocs += mt_load64(&shard->bin_allocs[bin]);
            sums->shard.frees += mt_load64(&shard->bin_frees[bin]);
        }
        sums->captures += mt_load64(&shard->captures);
        sums->stepped += mt_load64(&shard->stepped);
        sums->verified += mt_load64(&shard->verified);
        sums->truncated += mt_load64(&shard->truncated);
        sums->slow += mt_load64(&shard->slow);
        sums->checked += mt_load64(&shard->checked);
        sums->inherited_frees += mt_load64(&shard->inherited_frees);
    }
}

static uint64_t difference(uint64_t a, uint64_t b) {
    return a > b ? a - b : b - a;
}

void mt_writer_sum(struct mt_writer *writer) {
    struct mt_sums *sums = &writer->sums;
    memset(sums, 0, sizeof *sums);
    sum_sites(writer);
    sum_shards(writer);
    sums->mismatch += difference(sums->site.allocs, sums->shard.allocs) +
                      difference(sums->site.alloc_bytes, sums->shard.alloc_bytes) +
                      difference(sums->site.frees, sums->shard.frees) +
                      difference(sums->site.free_bytes, sums->shard.free_bytes);
    sums->live = mt_excess(sums->site.allocs, sums->site.frees);
    sums->live_bytes = mt_excess(sums->site.alloc_bytes, sums->site.free_bytes);
    int64_t peak = atomic_load_explicit(&writer->region->peak_bytes, memory_order_relaxed);
    sums->at_peak = peak < 0 || sums->live_bytes >= (uint64_t)peak;
}
