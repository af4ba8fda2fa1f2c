/* What the last look for leaks found: records `leaks`, `leak` and `block`. */
#include "export/writer.h"

static uint64_t signature(const struct mt_writer *writer, uint32_t site) {
    uint32_t leaf = mt_writer_site_leaf(writer, site);
    if (!leaf)
        return 0;
    const struct mt_node *node = mt_region_at(writer->region, MT_TABLE_NODES, leaf);
    return node->signature;
}

static void write_sums(struct mt_writer *writer, const struct mt_leak_sums *sums) {
    static const char *const mode[] = {"off", "sites", "blocks", "reachable"};
    static const char *const blocks[MT_LEAK_STATES] = {"lost", "indirect", "possible",
                                                       "live", "reachable"};
    static const char *const bytes[MT_LEAK_STATES] = {
        "lost_bytes", "indirect_bytes", "possible_bytes", "live_bytes", "reachable_bytes"};
    mt_record_begin(writer, "leaks");
    mt_record_text(writer, "mode", mode[sums->mode & 3], SIZE_MAX);
    mt_record_text(writer, "because",
                   mt_leak_why_name[sums->why < MT_LEAK_WHYS ? sums->why : 0], SIZE_MAX);
    mt_record_number(writer, "at_ms", sums->at_ms);
    for (int state = 0; state < MT_LEAK_STATES; state++) {
        mt_record_number(writer, blocks[state], sums->blocks[state]);
        mt_record_number(writer, bytes[state], sums->bytes[state]);
    }
    mt_record_number(writer, "kept", sums->kept);
    mt_record_number(writer, "kept_bytes", sums->kept_bytes);
    mt_record_number(writer, "sites_omitted", sums->sites_omitted);
    mt_record_number(writer, "blocks_omitted", sums->blocks_omitted);
    mt_record_end(writer);
}

static void write_leak(struct mt_writer *writer, const struct mt_leak *leak) {
    bool single = leak->blocks == 0;
    mt_record_begin(writer, single ? "block" : "leak");
    mt_record_text(writer, "state", mt_leak_state_name[leak->state], SIZE_MAX);
    mt_record_hash(writer, "sig", signature(writer, leak->site));
    mt_record_number(writer, "frame", mt_writer_site_frame(writer, leak->site));
    if (single) {
        mt_record_number(writer, "id", leak->id);
        mt_record_number(writer, "size", mt_writer_block_bytes(writer, leak->bytes));
        mt_record_number(writer, "age_ms", leak->age_ms);
    } else {
        mt_record_number(writer, "blocks", leak->blocks);
        mt_record_number(writer, "bytes", leak->bytes);
        mt_record_number(writer, "oldest_ms", leak->age_ms);
    }
    mt_record_end(writer);
}

void mt_write_leaks(struct mt_writer *writer) {
    const struct mt_region *region = writer->region;
    uint32_t count = mt_region_count(region, MT_TABLE_LEAKS);
    if (!region->leaks.mode)
        return;
    write_sums(writer, &region->leaks);
    for (uint32_t i = 0; i < count && mt_writer_has_room(writer, 8); i++) {
        const struct mt_leak *leak = mt_region_at(region, MT_TABLE_LEAKS, i);
        if (leak->state < MT_LEAK_STATES)
            write_leak(writer, leak);
    }
}
