#include "tests/unit/region_fixture.h"

#include <string.h>

static _Alignas(4096) char memory[FIXTURE_BYTES];

void *fixture_record(struct mt_region *region, enum mt_table_id id, uint32_t index) {
    return (char *)region + region->table[id].offset +
           (uint64_t)index * region->table[id].stride;
}

struct mt_shard *fixture_shard(struct mt_region *region, uint32_t index) {
    struct mt_shard *shard = fixture_record(region, MT_TABLE_SHARDS, index);
    shard->used = 1;
    return shard;
}

static uint32_t claim(struct mt_region *region, enum mt_table_id id) {
    return region->table[id].used++;
}

static void add_module(struct mt_region *region, const char *name,
                       uint32_t build_id_bytes) {
    struct mt_module *module =
        fixture_record(region, MT_TABLE_MODULES, claim(region, MT_TABLE_MODULES));
    strcpy(module->name, name);
    module->build_id_bytes = build_id_bytes;
    for (uint32_t i = 0; i < build_id_bytes; i++)
        module->build_id[i] = (uint8_t)(i * 17);
    module->ready = 1;
}

static uint32_t add_node(struct mt_region *region, uint32_t parent, uint32_t module,
                         uint64_t offset) {
    uint32_t index = claim(region, MT_TABLE_NODES);
    struct mt_node *node = fixture_record(region, MT_TABLE_NODES, index);
    node->parent = parent;
    node->module = module;
    node->offset = offset;
    node->signature = UINT64_C(0x1000000000000000) * (index % 8) + index;
    return index;
}

static void add_site(struct mt_region *region, uint32_t node) {
    struct mt_site *site =
        fixture_record(region, MT_TABLE_SITES, claim(region, MT_TABLE_SITES));
    site->node = node;
}

struct mt_region *fixture_empty(void) {
    static const char *const pseudo[] = {"[cut]",      "[truncated]", "[anonymous]",
                                         "[overflow]", "[untracked]", "[nested]"};
    static const struct {
        uint32_t stride, capacity;
    } shape[MT_TABLE_COUNT] = {
        [MT_TABLE_MODULES] = {sizeof(struct mt_module), 64},
        [MT_TABLE_SHARDS] = {sizeof(struct mt_shard), MT_SHARDS},
        [MT_TABLE_EVENTS] = {sizeof(struct mt_event), 16},
        [MT_TABLE_LEAKS] = {sizeof(struct mt_leak), 16},
        [MT_TABLE_SITES] = {sizeof(struct mt_site), 8192},
        [MT_TABLE_NODES] = {sizeof(struct mt_node), 8192},
        [MT_TABLE_CHUNKS] = {sizeof(struct mt_chunk), 600},
    };
    struct mt_region *region = (struct mt_region *)memory;
    uint64_t offset = 4096;
    memset(memory, 0, sizeof memory);
    region->magic = MT_REGION_MAGIC;
    region->version = MT_REGION_VERSION;
    region->header_bytes = 4096;
    region->region_bytes = FIXTURE_BYTES;
    for (int id = 0; id < MT_TABLE_COUNT; id++) {
        struct mt_table *table = &region->table[id];
        *table = (struct mt_table){offset, shape[id].stride, shape[id].capacity, 1,
                                   shape[id].capacity};
        offset = (offset + (uint64_t)table->stride * table->capacity + 4095) & ~4095u;
    }
    region->table[MT_TABLE_SHARDS].used = MT_SHARDS;
    for (uint32_t i = 0; i < MT_PSEUDO_COUNT; i++) {
        add_module(region, pseudo[i], 0);
        add_site(region, add_node(region, 0, i + 1, 0));
    }
    region->state = MT_STATE_EXITED;
    region->pid = 4711;
    region->stack_mode = 2;
    region->frames = 64;
    strcpy(region->program, "demo");
    region->peak_epoch = FIXTURE_EPOCH;
    region->open_bytes = 65536;
    return region;
}

struct mt_counter *fixture_counter(struct mt_region *region, uint32_t shard,
                                   uint32_t site) {
    struct mt_shard *owner = fixture_shard(region, shard);
    _Atomic uint32_t *at = &owner->directory[site >> 12];
    if (!*at)
        *at = claim(region, MT_TABLE_CHUNKS);
    struct mt_chunk *chunk = fixture_record(region, MT_TABLE_CHUNKS, *at);
    at = &chunk->u.index[(site >> 4) & 255];
    if (!*at)
        *at = claim(region, MT_TABLE_CHUNKS);
    chunk = fixture_record(region, MT_TABLE_CHUNKS, *at);
    return &chunk->u.counter[site & 15];
}

static void count(struct mt_region *region, uint32_t shard, uint32_t site,
                  struct mt_counter counter) {
    struct mt_shard *owner = fixture_shard(region, shard);
    *fixture_counter(region, shard, site) = counter;
    owner->alloc_bytes += counter.alloc_bytes;
    owner->free_bytes += counter.free_bytes;
    /* Blocks of 100 bytes are in bin 7, of 32 in bin 6, of 5 in bin 3. */
    int bin = site == FIXTURE_SITE_MAKE ? 7 : shard < MT_SHARDS_OWNED ? 6 : 3;
    owner->bin_allocs[bin] += counter.allocs;
    owner->bin_frees[bin] += counter.frees;
}

struct mt_region *fixture_region(void) {
    struct mt_region *region = fixture_empty();
    add_module(region, "demo", 20);
    add_module(region, "libkeep.so.1", 0);
    add_node(region, 0, FIXTURE_DEMO, 0x1234);
    add_site(region, add_node(region, FIXTURE_MAIN, FIXTURE_DEMO, 0x2345));
    add_site(region, add_node(region, FIXTURE_MAIN, FIXTURE_LIBRARY, 0x345));
    region->peak_bytes = 1000;
    region->peak_error_bytes = 64;
    struct mt_shard *first = fixture_shard(region, 0), *second = fixture_shard(region, 1);
    first->thread = 1;
    first->captures = 14;
    first->stepped = 20;
    first->verified = 22;
    first->checked = 13;
    second->thread = 3; /* taken over from a thread that had allocated once */
    second->base = (struct mt_totals){.allocs = 1, .alloc_bytes = 32};
    count(region, 0, FIXTURE_SITE_MAKE,
          (struct mt_counter){10, 1000, 4, 400, 1, 2, 700, FIXTURE_EPOCH, 0});
    count(region, 1, FIXTURE_SITE_MAKE,
          (struct mt_counter){0, 0, 2, 200, 0, 0, 999, FIXTURE_EPOCH - 1, 0});
    count(region, 1, FIXTURE_SITE_KEEP,
          (struct mt_counter){3, 96, 3, 96, 3, 0, 32, FIXTURE_EPOCH, 0});
    count(region, MT_SHARDS_OWNED, FIXTURE_SITE_KEEP,
          (struct mt_counter){1, 5, 0, 0, 0, 0, 0, 0, 0});
    struct mt_event *event =
        fixture_record(region, MT_TABLE_EVENTS, claim(region, MT_TABLE_EVENTS));
    event->kind = MT_EVENT_DOUBLE_FREE;
    event->at_ms = 12;
    event->id = 99;
    event->size = 100;
    event->error_site = FIXTURE_SITE_KEEP;
    event->alloc_site = FIXTURE_SITE_MAKE;
    event->ready = 1;
    return region;
}

void fixture_frames(struct mt_region *region, uint32_t end) {
    while (region->table[MT_TABLE_NODES].used < end)
        add_node(region, FIXTURE_MAIN, FIXTURE_DEMO, region->table[MT_TABLE_NODES].used);
}
