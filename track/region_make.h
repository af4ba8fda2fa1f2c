/* Making a region and adding records to it. Reading is in track/region.h. */
#ifndef MT_TRACK_REGION_MAKE_H
#define MT_TRACK_REGION_MAKE_H

#include "base/attr.h"
#include "track/region.h"

/* This process's region; NULL until tracking starts. Written at init and after a fork
 * only, so the hot path reads it plainly. */
extern MT_HIDDEN struct mt_region *mt_region_own;

struct mt_region_setup {
    uint64_t bytes;      /* bound on the metadata */
    int fd;              /* a recorder's file, or -1 for private memory */
    const char *program; /* base name */
    uint32_t stack_mode, frames;
    uint64_t sample;
};

/* Reserves, fills in and publishes a region; halves the size while the kernel refuses.
 * NULL: no memory at all, the program then runs without tracking. */
struct mt_region *mt_region_create(const struct mt_region_setup *setup);

/* Replaces a shared region, in a forked child, by a copy with its modules, nodes and sites
 * and no counts: in the file, or in private memory where that is -1 or has no room. False:
 * no memory. */
bool mt_region_detach(int fd);

/* True if the region is a shared file. */
bool mt_region_is_shared(void);

/* Claims the next record of a table; 0 when it is full (index 0 is never handed out).
 * The record is zero. Lock-free, MT_SIGNAL_SAFE. */
uint32_t mt_region_claim(enum mt_table_id id);

MT_INLINE void *mt_region_record(enum mt_table_id id, uint32_t index) {
    const struct mt_table *table = &mt_region_own->table[id];
    return (char *)mt_region_own + table->offset + (uint64_t)index * table->stride;
}

/* Typed accessors with constant strides, for the hot path. The offsets live in plain
 * globals beside mt_region_own. */
extern MT_HIDDEN struct mt_node *mt_nodes;
extern MT_HIDDEN struct mt_site *mt_sites;
extern MT_HIDDEN struct mt_chunk *mt_chunks;
extern MT_HIDDEN struct mt_shard *mt_shards;

/* Puts what a look for leaks found in the place of what the last one did. */
void mt_region_leaks(const struct mt_leak_sums *sums, const struct mt_leak *leak,
                     uint32_t count);

/* Records an event; `site` figures are 0 where not known. MT_SIGNAL_SAFE. */
struct mt_event_facts {
    enum mt_event_kind kind;
    uint64_t id, size, value;
    uint32_t error_site, alloc_site, free_site;
    bool since_start; /* true since then, and noted only now */
};
void mt_region_event(const struct mt_event_facts *facts);

#endif
