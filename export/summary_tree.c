/* Modules, the calling-context tree, and the sites at its leaves. */
#include "export/writer.h"

/* Deeper than any capture goes; a tree that is deeper is damaged. */
#define DEPTH_MOST 4096

static bool module_printed(const struct mt_writer *writer, uint32_t module) {
    return module < writer->modules &&
           (writer->module_printed[module / 8] >> (module % 8) & 1) != 0;
}

static void write_build_id(struct mt_writer *writer, const struct mt_module *module) {
    struct mt_out *out = &writer->out;
    if (!module->build_id_bytes || module->build_id_bytes > MT_BUILD_ID_MAX) {
        mt_out_text(out, ",\"build_id\":null");
        return;
    }
    mt_out_text(out, ",\"build_id\":\"");
    for (uint32_t i = 0; i < module->build_id_bytes; i++)
        mt_out_hex(out, module->build_id[i], 2);
    mt_out_text(out, "\"");
}

void mt_write_modules(struct mt_writer *writer) {
    for (uint32_t id = 1; id < writer->modules && mt_writer_has_room(writer, 2); id++) {
        const struct mt_module *module = mt_region_at(writer->region, MT_TABLE_MODULES, id);
        if (!atomic_load_explicit(&module->ready, memory_order_acquire) ||
            !mt_scope_has_module(writer, id))
            continue;
        bool named = !writer->strict || id <= MT_PSEUDO_COUNT;
        mt_record_begin(writer, "module");
        mt_record_number(writer, "id", id);
        mt_record_text(writer, "name", named ? module->name : "", sizeof module->name);
        write_build_id(writer, module);
        mt_record_end(writer);
        writer->module_printed[id / 8] |= (uint8_t)(1u << (id % 8));
    }
    mt_scope_write_module(writer);
}

/* The node itself can be printed, whatever is above it. */
static bool node_is_sound(const struct mt_writer *writer, uint32_t id) {
    const struct mt_node *node = mt_region_at(writer->region, MT_TABLE_NODES, id);
    uint32_t module = atomic_load_explicit(&node->module, memory_order_acquire);
    return node->parent < id && module_printed(writer, module) &&
           mt_scope_has_node(writer, id);
}

static uint32_t parent_of(const struct mt_writer *writer, uint32_t id) {
    const struct mt_node *node = mt_region_at(writer->region, MT_TABLE_NODES, id);
    return node->parent;
}

bool mt_writer_frame_known(const struct mt_writer *writer, uint32_t node) {
    if (!node || node >= writer->frames_end)
        return false;
    /* Where every published frame was printed so far, a printed parent vouches for the
     * rest of the way up. */
    int depth = writer->frames_missing ? DEPTH_MOST : 2;
    for (; node && depth; depth--) {
        if (!node_is_sound(writer, node))
            return false;
        node = parent_of(writer, node);
    }
    return !node || !writer->frames_missing;
}

void mt_write_frames(struct mt_writer *writer) {
    for (uint32_t id = 1; id < writer->nodes; id++) {
        const struct mt_node *node = mt_region_at(writer->region, MT_TABLE_NODES, id);
        uint32_t module = atomic_load_explicit(&node->module, memory_order_acquire);
        if (!module || !mt_scope_has_node(writer, id))
            continue;
        if (!mt_writer_has_room(writer, 4)) {
            writer->frames_end = id;
            break;
        }
        if (!mt_writer_frame_known(writer, id)) {
            writer->frames_missing = true;
            continue;
        }
        mt_record_begin(writer, "frame");
        mt_record_number(writer, "id", id);
        mt_record_number(writer, "parent", node->parent);
        mt_record_number(writer, "module", module);
        mt_record_number(writer, "offset", node->offset);
        mt_record_end(writer);
    }
    mt_scope_write_frame(writer);
}

uint32_t mt_writer_site_leaf(const struct mt_writer *writer, uint32_t site) {
    if (!site || site >= writer->sites)
        return 0;
    const struct mt_site *record = mt_region_at(writer->region, MT_TABLE_SITES, site);
    uint32_t leaf = atomic_load_explicit(&record->node, memory_order_acquire);
    return leaf < writer->nodes ? leaf : 0;
}

void mt_write_site(struct mt_writer *writer, uint64_t signature, uint32_t frame,
                   const struct mt_site_sums *sums) {
    uint64_t live_bytes = mt_excess(sums->alloc_bytes, sums->free_bytes);
    mt_record_begin(writer, "site");
    mt_record_hash(writer, "sig", signature);
    mt_record_number(writer, "frame", frame);
    mt_record_number(writer, "allocs", sums->allocs);
    mt_record_number(writer, "alloc_bytes", sums->alloc_bytes);
    mt_record_number(writer, "frees", sums->frees);
    mt_record_number(writer, "free_bytes", sums->free_bytes);
    mt_record_number(writer, "live", mt_excess(sums->allocs, sums->frees));
    mt_record_number(writer, "live_bytes", live_bytes);
    /* At a high-water mark that is not recorded yet, what is live is the peak. */
    mt_record_signed(writer, "peak_bytes",
                     writer->sums.at_peak ? (int64_t)live_bytes : sums->peak_bytes);
    mt_record_number(writer, "temporary", sums->temporary);
    mt_record_number(writer, "reallocs", sums->reallocs);
    mt_record_end(writer);
}

static uint64_t signature_of(const struct mt_writer *writer, uint32_t leaf) {
    const struct mt_node *node = mt_region_at(writer->region, MT_TABLE_NODES, leaf);
    return node->signature;
}

void mt_write_sites(struct mt_writer *writer) {
    for (uint32_t site = 1; site < writer->sites; site++) {
        struct mt_site_sums sums;
        mt_region_sum_site(writer->region, site, &sums);
        if (!sums.allocs && !sums.frees)
            continue;
        uint32_t leaf = mt_writer_site_leaf(writer, site);
        if (!mt_scope_has_site(writer, site))
            mt_scope_add(writer, &sums);
        else if (mt_writer_frame_known(writer, leaf) && mt_writer_has_room(writer, 8))
            mt_write_site(writer, signature_of(writer, leaf), leaf, &sums);
        else
            writer->sites_omitted++;
    }
    mt_scope_write_site(writer);
}
