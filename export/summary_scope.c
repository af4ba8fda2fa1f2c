/*
 * Options max_sites and min_bytes: which sites a summary tells apart. All others are added
 * up under a name of their own, so that the sites still add up to the totals, and their
 * frames and modules are not printed. Memory comes from the kernel and is given back.
 */
#include "export/writer.h"

#include "base/pages.h"
#include <string.h>

/* What is compared: live bytes, then allocated bytes; of equals the older site is kept. */
struct weight {
    uint64_t live_bytes, alloc_bytes;
    uint32_t site;
};

static bool get(const uint64_t *bits, uint32_t at) {
    return (bits[at / 64] >> (at % 64) & 1) != 0;
}

static void set(uint64_t *bits, uint32_t at) {
    bits[at / 64] |= UINT64_C(1) << (at % 64);
}

static bool lighter(const struct weight *a, const struct weight *b) {
    if (a->live_bytes != b->live_bytes)
        return a->live_bytes < b->live_bytes;
    if (a->alloc_bytes != b->alloc_bytes)
        return a->alloc_bytes < b->alloc_bytes;
    return a->site > b->site;
}

/* A heap with the lightest on top: puts `weight` where it belongs, from `at` downwards. */
static void sink(struct weight *heap, uint32_t count, uint32_t at, struct weight weight) {
    for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && lighter(&heap[child + 1], &heap[child]))
            child++;
        if (!lighter(&heap[child], &weight))
            break;
        heap[at] = heap[child];
    }
    heap[at] = weight;
}

static void rise(struct weight *heap, uint32_t at, struct weight weight) {
    for (uint32_t parent; at && lighter(&weight, &heap[parent = (at - 1) / 2]); at = parent)
        heap[at] = heap[parent];
    heap[at] = weight;
}

/* Marks what the rest of the summary needs to name a site. */
static void mark(struct mt_writer *writer, uint32_t site) {
    struct mt_scope *scope = &writer->scope;
    uint32_t node = mt_writer_site_leaf(writer, site);
    set(scope->sites, site);
    while (node && !get(scope->nodes, node)) {
        const struct mt_node *record = mt_region_at(writer->region, MT_TABLE_NODES, node);
        uint32_t module = mt_load32(&record->module), parent = record->parent;
        set(scope->nodes, node);
        if (module < writer->modules)
            scope->modules[module / 8] |= (uint8_t)(1u << (module % 8));
        /* Only a damaged region has a parent that is not smaller. */
        node = parent < node ? parent : 0;
    }
}

static void choose(struct mt_writer *writer, struct weight *heap, uint32_t most) {
    uint32_t count = 0;
    for (uint32_t site = 1; site < writer->sites; site++) {
        struct mt_site_sums sums;
        mt_region_sum_site(writer->region, site, &sums);
        if ((!sums.allocs && !sums.frees) || sums.alloc_bytes < writer->region->min_bytes)
            continue;
        struct weight weight = {mt_excess(sums.alloc_bytes, sums.free_bytes),
                                sums.alloc_bytes, site};
        if (!most)
            mark(writer, site);
        else if (count < most)
            rise(heap, count++, weight);
        else if (lighter(&heap[0], &weight))
            sink(heap, count, 0, weight);
    }
    for (uint32_t i = 0; i < count; i++)
        mark(writer, heap[i].site);
}

bool mt_scope_begin(struct mt_writer *writer) {
    struct mt_scope *scope = &writer->scope;
    const struct mt_region *region = writer->region;
    uint32_t most = region->max_sites < writer->sites ? region->max_sites : 0;
    memset(scope, 0, sizeof *scope);
    if (!most && !region->min_bytes)
        return true;
    size_t site_words = writer->sites / 64 + 1, node_words = writer->nodes / 64 + 1;
    scope->bytes = mt_page_up((site_words + node_words) * sizeof(uint64_t) +
                              most * sizeof(struct weight));
    scope->sites = mt_pages_map(scope->bytes);
    if (!scope->sites)
        return false;
    scope->nodes = scope->sites + site_words;
    choose(writer, (struct weight *)(scope->nodes + node_words), most);
    return true;
}

void mt_scope_end(struct mt_writer *writer) {
    if (writer->scope.sites)
        mt_pages_unmap(writer->scope.sites, writer->scope.bytes);
    writer->scope.sites = NULL;
}

bool mt_scope_has_site(const struct mt_writer *writer, uint32_t site) {
    return !writer->scope.sites || get(writer->scope.sites, site);
}

bool mt_scope_has_node(const struct mt_writer *writer, uint32_t node) {
    return !writer->scope.sites || get(writer->scope.nodes, node);
}

bool mt_scope_has_module(const struct mt_writer *writer, uint32_t module) {
    return !writer->scope.sites ||
           (writer->scope.modules[module / 8] >> (module % 8) & 1) != 0;
}

void mt_scope_add(struct mt_writer *writer, const struct mt_site_sums *sums) {
    struct mt_site_sums *rest = &writer->scope.rest;
    writer->scope.summed++;
    rest->allocs += sums->allocs;
    rest->alloc_bytes += sums->alloc_bytes;
    rest->frees += sums->frees;
    rest->free_bytes += sums->free_bytes;
    rest->temporary += sums->temporary;
    rest->reallocs += sums->reallocs;
    rest->peak_bytes += sums->peak_bytes;
}

/* Their ids are the first that the tables have no record for. */
void mt_scope_write_module(struct mt_writer *writer) {
    if (!writer->scope.sites)
        return;
    mt_record_begin(writer, "module");
    mt_record_number(writer, "id", writer->modules);
    mt_record_text(writer, "name", MT_OMITTED, SIZE_MAX);
    mt_out_text(&writer->out, ",\"build_id\":null");
    mt_record_end(writer);
}

void mt_scope_write_frame(struct mt_writer *writer) {
    if (!writer->scope.sites)
        return;
    mt_record_begin(writer, "frame");
    mt_record_number(writer, "id", writer->nodes);
    mt_record_number(writer, "parent", 0);
    mt_record_number(writer, "module", writer->modules);
    mt_record_number(writer, "offset", 0);
    mt_record_end(writer);
}

/* The signature is that of a frame of a module without a build ID: docs/FORMAT.md. */
void mt_scope_write_site(struct mt_writer *writer) {
    char named[sizeof MT_OMITTED - 1 + sizeof(uint64_t)] = MT_OMITTED;
    if (writer->scope.summed)
        mt_write_site(writer, mt_hash_seeded(named, sizeof named, 0), writer->nodes,
                      &writer->scope.rest);
}
