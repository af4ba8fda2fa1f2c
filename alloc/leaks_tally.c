#include "alloc/leaks_tally.h"

#include "alloc/leaks_ages.h"
#include "alloc/leaks_keep.h"
#include "alloc/leaks_runtime.h"

#define SITES_MOST  1024u
#define BLOCKS_MOST (MT_LEAKS_MAX - SITES_MOST)

struct sum {
    uint64_t blocks, bytes, oldest; /* an ID */
};

/* The first so many of what is added, by rank: a heap with the last of them on top. */
struct best {
    struct mt_leak *at;
    uint32_t count, most;
    uint64_t others;
};

static struct {
    struct sum (*site)[MT_LEAK_STATES];
    size_t bytes;
    uint32_t sites;
    enum mt_leak_state singles;
    struct best blocks, best_sites;
    struct mt_leak_sums sums;
} now;

/* True if `a` comes behind `b`. Of blocks of a size the older comes first. */
static bool behind(const struct mt_leak *a, const struct mt_leak *b) {
    if (a->state != b->state)
        return a->state > b->state;
    if (a->bytes != b->bytes)
        return a->bytes < b->bytes;
    return a->id > b->id;
}

static void sink(struct best *best, uint32_t count, struct mt_leak moved) {
    uint32_t at = 0;
    for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && behind(&best->at[child + 1], &best->at[child]))
            child++;
        if (!behind(&best->at[child], &moved))
            break;
        best->at[at] = best->at[child];
    }
    best->at[at] = moved;
}

static void add(struct best *best, const struct mt_leak *leak) {
    if (best->count == best->most) {
        best->others++;
        if (behind(&best->at[0], leak))
            sink(best, best->count, *leak);
        return;
    }
    uint32_t at = best->count++;
    for (; at && behind(leak, &best->at[(at - 1) / 2]); at = (at - 1) / 2)
        best->at[at] = best->at[(at - 1) / 2];
    best->at[at] = *leak;
}

static void sort(struct best *best) {
    for (uint32_t left = best->count; left-- > 1;) {
        struct mt_leak last = best->at[left];
        best->at[left] = best->at[0];
        sink(best, left, last);
    }
}

bool mt_tally_begin(enum mt_leak_state singles) {
    uint32_t sites = mt_region_count(mt_region_own, MT_TABLE_SITES);
    size_t best = MT_LEAKS_MAX * sizeof(struct mt_leak);
    now.bytes = best + sites * sizeof *now.site;
    char *memory = mt_pages_map(now.bytes);
    if (!memory)
        return false;
    now.best_sites = (struct best){.at = (struct mt_leak *)memory, .most = SITES_MOST};
    now.blocks = (struct best){.at = now.best_sites.at + SITES_MOST, .most = BLOCKS_MOST};
    now.site = (struct sum(*)[MT_LEAK_STATES])(memory + best);
    now.sites = sites;
    now.singles = singles;
    now.sums = (struct mt_leak_sums){0};
    return true;
}

/* A site that is newer than the look has newer blocks only. */
void mt_tally_add(const struct mt_block *block, enum mt_leak_state state) {
    if (block->site >= now.sites)
        return;
    if (mt_leaks_kept(block->id)) {
        now.sums.kept++;
        now.sums.kept_bytes += block->size;
        return;
    }
    if (mt_leaks_stream_buffer(block->user))
        return;
    struct sum *sum = &now.site[block->site][state];
    if (!sum->blocks++ || block->id < sum->oldest)
        sum->oldest = block->id;
    sum->bytes += block->size;
    now.sums.blocks[state]++;
    now.sums.bytes[state] += block->size;
    if (state == now.singles)
        add(&now.blocks, &(struct mt_leak){.site = block->site,
                                           .state = state,
                                           .bytes = block->size,
                                           .id = block->id});
}

static void add_sites(void) {
    for (uint32_t site = 0; site < now.sites; site++)
        for (uint32_t state = 0; state < MT_LEAK_STATES; state++) {
            const struct sum *sum = &now.site[site][state];
            if (sum->blocks)
                add(&now.best_sites, &(struct mt_leak){.site = site,
                                                       .state = state,
                                                       .blocks = sum->blocks,
                                                       .bytes = sum->bytes,
                                                       .id = sum->oldest});
        }
}

void mt_tally_end(struct mt_leak_sums *sums) {
    add_sites();
    sort(&now.best_sites);
    sort(&now.blocks);
    for (uint32_t i = 0; i < now.blocks.count; i++)
        now.best_sites.at[now.best_sites.count + i] = now.blocks.at[i];
    uint32_t count = now.best_sites.count + now.blocks.count;
    for (uint32_t i = 0; i < count; i++)
        now.best_sites.at[i].age_ms = mt_ages_of(now.best_sites.at[i].id);
    now.sums.mode = sums->mode;
    now.sums.why = sums->why;
    now.sums.at_ms = sums->at_ms;
    now.sums.sites_omitted = now.best_sites.others;
    now.sums.blocks_omitted = now.blocks.others;
    *sums = now.sums;
    mt_region_leaks(sums, now.best_sites.at, count);
    mt_tally_drop();
}

void mt_tally_drop(void) {
    mt_pages_unmap(now.best_sites.at, now.bytes);
}
