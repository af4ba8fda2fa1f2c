/*
 * What the parts of the summary writer share: the output, the region, and what has been
 * printed so far. Internal to export/summary*.c.
 *
 * The region may be a copy of what a hostile process wrote: every index read from it is
 * checked here before it is used, and no text in it is taken to end.
 */
#ifndef MT_EXPORT_WRITER_H
#define MT_EXPORT_WRITER_H

#include "base/hash.h"
#include "base/out.h"
#include "export/summary.h"
#include "track/region.h"

#define MT_WRITER_BUFFER 65536
#define MT_WRITER_MODULES                                                                  \
    65536 /* most modules printed; the library's own table is smaller */

/* All sums over sites and shards, taken before the first record. */
struct mt_sums {
    struct mt_site_sums site;  /* peak_bytes unused */
    uint64_t live, live_bytes; /* 0 where frees exceed allocations */
    uint64_t overflow_allocs;
    struct mt_totals shard; /* the independent totals */
    uint64_t captures, stepped, verified, truncated, slow, checked, inherited_frees;
    uint64_t mismatch;
    bool at_peak; /* live bytes are at or above the recorded high-water mark */
};

/* Which sites are printed one by one, under max_sites and min_bytes: see
 * export/summary_scope.c. */
struct mt_scope {
    uint64_t *sites, *nodes; /* bits: those, and the frames that lead to them; NULL: all */
    size_t bytes;            /* of what both lie in */
    uint64_t summed;         /* sites that are not */
    struct mt_site_sums rest;
    uint8_t modules[MT_WRITER_MODULES / 8]; /* bits: those of the frames */
};

struct mt_writer {
    struct mt_out out;
    mt_hash_state hash;
    uint64_t records;
    const struct mt_region *region;
    const struct mt_resources *resources;
    enum mt_reason reason;
    bool strict;        /* no names, rounded sizes */
    uint64_t max_bytes; /* of the file */
    uint64_t bound;     /* bytes that modules, frames and sites may take together */
    struct mt_sums sums;

    /* Table sizes at the beginning. Taken in the order sites, nodes, modules, against the
     * order in which they are published, so that what a site refers to is within them. */
    uint32_t sites, nodes, modules;
    uint32_t frames_end; /* frames from this index on were not printed */
    bool frames_missing; /* a published frame was left out: its descendants must be, too */
    uint64_t sites_omitted;
    uint8_t module_printed[MT_WRITER_MODULES / 8];
    struct mt_scope scope;
    char buffer[MT_WRITER_BUFFER];
};

/* A record: begin, fields in order, end. */
void mt_record_begin(struct mt_writer *writer, const char *type);
void mt_record_end(struct mt_writer *writer);
/* A number; MT_UNKNOWN becomes null. */
void mt_record_number(struct mt_writer *writer, const char *name, uint64_t value);
void mt_record_signed(struct mt_writer *writer, const char *name, int64_t value);
void mt_record_text(struct mt_writer *writer, const char *name, const char *text,
                    size_t most);
void mt_record_hash(struct mt_writer *writer, const char *name, uint64_t hash);

/* True while the file has less than `share` eighths of `bound`. */
static inline bool mt_writer_has_room(const struct mt_writer *writer, unsigned share) {
    return writer->out.written + writer->out.used < writer->bound / 8 * share;
}

/* export/summary_sums.c */
void mt_writer_sum(struct mt_writer *writer);

/* export/summary_scope.c. */
/* Chooses the sites, once the tables' sizes are noted. False: no memory to remember them.
 */
bool mt_scope_begin(struct mt_writer *writer);
void mt_scope_end(struct mt_writer *writer);
bool mt_scope_has_site(const struct mt_writer *writer, uint32_t site);
bool mt_scope_has_node(const struct mt_writer *writer, uint32_t node);
bool mt_scope_has_module(const struct mt_writer *writer, uint32_t module);
/* Adds a site that is not printed to the rest. */
void mt_scope_add(struct mt_writer *writer, const struct mt_site_sums *sums);
/* The rest's module, frame and site, each after the others of its kind. */
#define MT_OMITTED "[omitted]"
void mt_scope_write_module(struct mt_writer *writer);
void mt_scope_write_frame(struct mt_writer *writer);
void mt_scope_write_site(struct mt_writer *writer);

/* export/summary_tree.c: modules, frames, sites. */
/* True if the node's frame record was, or can now be, printed after its parent's. */
bool mt_writer_frame_known(const struct mt_writer *writer, uint32_t node);
/* The leaf of a site; 0: none, or out of range. */
uint32_t mt_writer_site_leaf(const struct mt_writer *writer, uint32_t site);
void mt_write_modules(struct mt_writer *writer);
void mt_write_frames(struct mt_writer *writer);
void mt_write_sites(struct mt_writer *writer);
void mt_write_site(struct mt_writer *writer, uint64_t signature, uint32_t frame,
                   const struct mt_site_sums *sums);

/* export/summary_tail.c: threads, histogram, resources, events. */
void mt_write_threads(struct mt_writer *writer);
void mt_write_histogram(struct mt_writer *writer);
void mt_write_resource(struct mt_writer *writer);
void mt_write_events(struct mt_writer *writer);
/* The frame of a site; 0: none, or it was not printed. */
uint32_t mt_writer_site_frame(const struct mt_writer *writer, uint32_t site);
/* A block's size as it may leave. */
uint64_t mt_writer_block_bytes(const struct mt_writer *writer, uint64_t bytes);

/* export/summary_leaks.c */
void mt_write_leaks(struct mt_writer *writer);

static inline uint64_t mt_load64(const _Atomic uint64_t *value) {
    return atomic_load_explicit(value, memory_order_relaxed);
}
static inline uint32_t mt_load32(const _Atomic uint32_t *value) {
    return atomic_load_explicit(value, memory_order_relaxed);
}
static inline uint64_t mt_excess(uint64_t a, uint64_t b) {
    return a > b ? a - b : 0;
}

#endif
