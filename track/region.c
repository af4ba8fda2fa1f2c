/*
 * Making a region: one reservation, six tables whose memory is opened in steps.
 *
 * The sizes of the tables share out the bound, so that what the tables can ever hold is
 * max_metadata and nothing has to be counted to keep it.
 */
#include "track/region_make.h"

#include "base/clock.h"
#include "base/pages.h"
#include "base/quiet.h"
#include "base/sys.h"
#include <string.h>
#include <unistd.h>

struct mt_region *mt_region_own;
struct mt_node *mt_nodes;
struct mt_site *mt_sites;
struct mt_chunk *mt_chunks;
struct mt_shard *mt_shards;

static bool shared_file;

#define HEADER_BYTES MT_PAGE_BYTES
#define MODULES_MAX  4096u
#define EVENTS_MAX   1024u
#define OPEN_STEP    (64u * 1024)
_Static_assert(sizeof(struct mt_region) <= HEADER_BYTES, "region header");

static void lay_out(struct mt_region *region, uint64_t bytes) {
    static const uint32_t stride[MT_TABLE_COUNT] = {
        [MT_TABLE_MODULES] = sizeof(struct mt_module),
        [MT_TABLE_SHARDS] = sizeof(struct mt_shard),
        [MT_TABLE_EVENTS] = sizeof(struct mt_event),
        [MT_TABLE_LEAKS] = sizeof(struct mt_leak),
        [MT_TABLE_SITES] = sizeof(struct mt_site),
        [MT_TABLE_NODES] = sizeof(struct mt_node),
        [MT_TABLE_CHUNKS] = sizeof(struct mt_chunk),
    };
    uint64_t fixed =
        MODULES_MAX * stride[MT_TABLE_MODULES] + MT_SHARDS * stride[MT_TABLE_SHARDS] +
        EVENTS_MAX * stride[MT_TABLE_EVENTS] + MT_LEAKS_MAX * stride[MT_TABLE_LEAKS];
    uint64_t rest = bytes - HEADER_BYTES - fixed - MT_TABLE_COUNT * MT_PAGE_BYTES;
    /* A site of the stacks seen in practice needs two to three nodes and a counter. */
    uint64_t capacity[MT_TABLE_COUNT] = {
        [MT_TABLE_MODULES] = MODULES_MAX,
        [MT_TABLE_SHARDS] = MT_SHARDS,
        [MT_TABLE_EVENTS] = EVENTS_MAX,
        [MT_TABLE_LEAKS] = MT_LEAKS_MAX,
        [MT_TABLE_SITES] = rest * 5 / 100 / stride[MT_TABLE_SITES],
        [MT_TABLE_NODES] = rest * 45 / 100 / stride[MT_TABLE_NODES],
        [MT_TABLE_CHUNKS] = rest * 50 / 100 / stride[MT_TABLE_CHUNKS],
    };
    if (capacity[MT_TABLE_SITES] > MT_SITES_MAX)
        capacity[MT_TABLE_SITES] = MT_SITES_MAX;
    uint64_t offset = HEADER_BYTES;
    for (int id = 0; id < MT_TABLE_COUNT; id++) {
        struct mt_table *table = &region->table[id];
        table->offset = offset;
        table->stride = stride[id];
        table->capacity = (uint32_t)capacity[id];
        offset = mt_page_up(offset + capacity[id] * stride[id]);
    }
}

/* Opens memory so that record `index` may be touched. Threads may do so at once: opening
 * twice is harmless, and `open` only grows. The step stays small however large the table
 * is: whoever allocates at that moment waits for it, in a file for all its pages. */
static MT_COLD bool open_records(struct mt_region *region, enum mt_table_id id,
                                 uint32_t index) {
    struct mt_table *table = &region->table[id];
    uint64_t open = atomic_load_explicit(&table->open, memory_order_acquire);
    if (index < open)
        return true;
    uint64_t all = mt_page_up((uint64_t)table->capacity * table->stride);
    uint64_t from = mt_page_down(open * table->stride);
    uint64_t to = mt_page_up(((uint64_t)index + 1) * table->stride + OPEN_STEP);
    if (to > all)
        to = all;
    if (!mt_pages_open((char *)region + table->offset + from, to - from, shared_file))
        return false;
    uint64_t records = to / table->stride;
    if (records > table->capacity)
        records = table->capacity;
    uint32_t seen = (uint32_t)open;
    while (seen < records) {
        if (atomic_compare_exchange_weak_explicit(&table->open, &seen, (uint32_t)records,
                                                  memory_order_release,
                                                  memory_order_relaxed)) {
            atomic_fetch_add_explicit(&region->open_bytes,
                                      to - mt_page_up(open * table->stride),
                                      memory_order_relaxed);
            break;
        }
    }
    return true;
}

static uint32_t claim(struct mt_region *region, enum mt_table_id id) {
    struct mt_table *table = &region->table[id];
    /* Not claiming when full keeps `used` from running away. */
    if (atomic_load_explicit(&table->used, memory_order_relaxed) >= table->capacity)
        return 0;
    uint32_t index = atomic_fetch_add_explicit(&table->used, 1, memory_order_relaxed);
    if (index >= table->capacity)
        return 0;
    if (index >= atomic_load_explicit(&table->open, memory_order_acquire) &&
        !open_records(region, id, index))
        return 0;
    return index;
}

uint32_t mt_region_claim(enum mt_table_id id) {
    return claim(mt_region_own, id);
}

static void copy_name(char *to, const char *from) {
    size_t length = strnlen(from, MT_MODULE_NAME_MAX - 1);
    memcpy(to, from, length);
    to[length] = '\0';
}

static void add_pseudo(struct mt_region *region) {
    static const char *const name[] = {
        "", "[cut]", "[truncated]", "[anonymous]", "[overflow]", "[untracked]", "[nested]"};
    for (uint32_t i = 0; i <= MT_PSEUDO_COUNT; i++) {
        uint32_t module = claim(region, MT_TABLE_MODULES);
        uint32_t node = claim(region, MT_TABLE_NODES);
        uint32_t site = claim(region, MT_TABLE_SITES);
        if (i == 0)
            continue;
        struct mt_module *m = mt_region_record(MT_TABLE_MODULES, module);
        copy_name(m->name, name[i]);
        atomic_store_explicit(&m->ready, 1, memory_order_release);
        mt_nodes[node].site = site;
        atomic_store_explicit(&mt_nodes[node].module, module, memory_order_release);
        mt_sites[site].node = node;
    }
}

static void publish(struct mt_region *region) {
    mt_region_own = region;
    mt_nodes = mt_region_record(MT_TABLE_NODES, 0);
    mt_sites = mt_region_record(MT_TABLE_SITES, 0);
    mt_chunks = mt_region_record(MT_TABLE_CHUNKS, 0);
    mt_shards = mt_region_record(MT_TABLE_SHARDS, 0);
}

static struct mt_region *reserve(uint64_t *bytes, int fd) {
    for (; *bytes >= 1u << 20; *bytes /= 2) {
        struct mt_region *region =
            fd < 0 ? mt_pages_reserve(*bytes) : mt_pages_reserve_file(*bytes, fd);
        if (region)
            return region;
    }
    return NULL;
}

static bool open_all(struct mt_region *region) {
    for (int id = 0; id < MT_TABLE_COUNT; id++) {
        if (id == MT_TABLE_LEAKS) /* most never need it */
            continue;
        uint32_t first = id == MT_TABLE_SHARDS ? MT_SHARDS - 1 : 0;
        if (!open_records(region, id, first))
            return false;
    }
    return true;
}

/* Whoever made the file has said who owns it, and others may be counting themselves there
 * at this moment; all else starts anew. */
static void fill_header(struct mt_region *region, uint64_t bytes,
                        const struct mt_region_setup *setup) {
    memset(region->table, 0, sizeof region->table);
    region->magic = 0;
    memset(&region->state, 0, sizeof *region - offsetof(struct mt_region, state));
    lay_out(region, bytes);
    region->version = MT_REGION_VERSION;
    region->header_bytes = HEADER_BYTES;
    region->region_bytes = bytes;
    region->max_metadata = bytes;
    region->pid = (uint32_t)getpid();
    region->stack_mode = setup->stack_mode;
    region->frames = setup->frames;
    region->sample = setup->sample;
    copy_name(region->program, setup->program);
    region->start_unix_ms = mt_clock_unix_ms();
    region->start_monotonic_ms = mt_clock_monotonic_ms();
    atomic_store(&region->open_bytes, HEADER_BYTES);
    atomic_store(&region->state, MT_STATE_RUNNING);
}

/* The counter of last resort: [overflow]'s in the first shared shard. */
static void reserve_overflow(struct mt_region *region) {
    struct mt_shard *shard = &mt_shards[MT_SHARDS_OWNED];
    uint32_t directory = claim(region, MT_TABLE_CHUNKS);
    uint32_t chunk = claim(region, MT_TABLE_CHUNKS);
    if (!chunk)
        return; /* the least size of a region has room */
    shard->used = 1;
    mt_chunks[directory].u.index[MT_PSEUDO_OVERFLOW / MT_CHUNK_SITES] = chunk;
    shard->directory[0] = directory;
}

/* Last: whoever sees the magic number sees the rest. */
static void finish_header(struct mt_region *region) {
    (void)claim(region, MT_TABLE_CHUNKS); /* index 0 means "none" */
    (void)claim(region, MT_TABLE_EVENTS);
    reserve_overflow(region);
    atomic_store(&region->table[MT_TABLE_SHARDS].used, MT_SHARDS);
    atomic_thread_fence(memory_order_release);
    *(volatile uint64_t *)&region->magic = MT_REGION_MAGIC;
}

/* Drops what an earlier image of this process recorded, and makes room. A limit on file
 * sizes must show as an error, not as a signal. */
static bool size_file(int fd, uint64_t bytes) {
    struct mt_quiet quiet;
    mt_quiet_begin(&quiet, 0);
    bool done = mt_sys2(SYS_ftruncate, fd, HEADER_BYTES) == 0 &&
                mt_sys2(SYS_ftruncate, fd, bytes) == 0;
    mt_quiet_end(&quiet);
    return done;
}

struct mt_region *mt_region_create(const struct mt_region_setup *setup) {
    uint64_t bytes = mt_page_down(setup->bytes);
    shared_file = setup->fd >= 0;
    if (shared_file && !size_file(setup->fd, bytes))
        return NULL;
    struct mt_region *region = reserve(&bytes, setup->fd);
    if (!region)
        return NULL;
    if (!mt_pages_open(region, HEADER_BYTES, shared_file)) {
        mt_pages_unmap(region, bytes);
        return NULL;
    }
    fill_header(region, bytes, setup);
    if (!open_all(region)) {
        mt_pages_unmap(region, bytes);
        return NULL;
    }
    publish(region);
    add_pseudo(region);
    finish_header(region);
    return region;
}

bool mt_region_is_shared(void) {
    return shared_file;
}

static bool copy_table(struct mt_region *to, const struct mt_region *from,
                       enum mt_table_id id) {
    uint32_t count = mt_region_count(from, id);
    if (count && !open_records(to, id, count - 1))
        return false;
    memcpy((char *)to + to->table[id].offset, (const char *)from + from->table[id].offset,
           (uint64_t)count * from->table[id].stride);
    atomic_store(&to->table[id].used, count);
    return true;
}

static bool detach_from(const struct mt_region *old, uint64_t bytes, int fd) {
    shared_file = fd >= 0;
    if (shared_file && !size_file(fd, bytes))
        return false;
    struct mt_region *region =
        shared_file ? mt_pages_reserve_file(bytes, fd) : mt_pages_reserve(bytes);
    if (!region)
        return false;
    if (!mt_pages_open(region, HEADER_BYTES, shared_file)) {
        mt_pages_unmap(region, bytes);
        return false;
    }
    fill_header(region, bytes,
                &(struct mt_region_setup){.program = old->program,
                                          .stack_mode = old->stack_mode,
                                          .frames = old->frames,
                                          .sample = old->sample});
    /* Sites before nodes before modules: each refers to those that are copied later. The
     * parent goes on meanwhile; mt_tree_adopt() drops what refers to what came too late. */
    if (!open_all(region) || !copy_table(region, old, MT_TABLE_SITES) ||
        !copy_table(region, old, MT_TABLE_NODES) ||
        !copy_table(region, old, MT_TABLE_MODULES)) {
        mt_pages_unmap(region, bytes);
        return false;
    }
    publish(region);
    finish_header(region);
    return true;
}

bool mt_region_detach(int fd) {
    struct mt_region *old = mt_region_own;
    uint64_t bytes = old->region_bytes;
    bool detached = fd >= 0 && detach_from(old, bytes, fd);
    if (!detached)
        detached = detach_from(old, bytes, -1);
    if (!detached)
        mt_region_own = NULL; /* the child runs on without being counted */
    mt_pages_unmap(old, bytes);
    return detached;
}

void mt_region_leaks(const struct mt_leak_sums *sums, const struct mt_leak *leak,
                     uint32_t count) {
    struct mt_region *region = mt_region_own;
    struct mt_table *table = &region->table[MT_TABLE_LEAKS];
    atomic_store(&table->used, 0);
    if (count > table->capacity)
        count = table->capacity;
    if (count && !open_records(region, MT_TABLE_LEAKS, count - 1))
        count = 0;
    if (count)
        memcpy(mt_region_record(MT_TABLE_LEAKS, 0), leak, count * sizeof *leak);
    region->leaks = *sums;
    atomic_store(&table->used, count);
}

void mt_region_event(const struct mt_event_facts *facts) {
    if (!mt_region_own)
        return;
    uint32_t index = mt_region_claim(MT_TABLE_EVENTS);
    if (!index) {
        atomic_fetch_add_explicit(&mt_region_own->events_lost, 1, memory_order_relaxed);
        return;
    }
    struct mt_event *event = mt_region_record(MT_TABLE_EVENTS, index);
    event->kind = facts->kind;
    if (!facts->since_start)
        event->at_ms = mt_clock_monotonic_ms() - mt_region_own->start_monotonic_ms;
    event->id = facts->id;
    event->size = facts->size;
    event->value = facts->value;
    event->error_site = facts->error_site;
    event->alloc_site = facts->alloc_site;
    event->free_site = facts->free_site;
    atomic_store_explicit(&event->ready, 1, memory_order_release);
}
