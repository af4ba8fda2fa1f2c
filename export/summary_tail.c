/* Threads, size histogram, resource figures, events. */
#include "export/writer.h"
#include "track/thread_name.h"

/* What `end` and an event about omitted sites take at most. */
#define END_BYTES 1024

static struct mt_totals shard_totals(const struct mt_shard *shard) {
    struct mt_totals totals = {0};
    for (int bin = 0; bin < MT_SIZE_BINS; bin++)
        totals.frees += mt_load64(&shard->bin_frees[bin]);
    totals.free_bytes = mt_load64(&shard->free_bytes);
    for (int bin = 0; bin < MT_SIZE_BINS; bin++)
        totals.allocs += mt_load64(&shard->bin_allocs[bin]);
    totals.alloc_bytes = mt_load64(&shard->alloc_bytes);
    return totals;
}

/* What the shard's present owner did; the rest goes to `others`. */
static struct mt_totals owner_totals(const struct mt_shard *shard, bool owned,
                                     struct mt_totals *others) {
    struct mt_totals all = shard_totals(shard), own = {0};
    if (owned) {
        own.allocs = mt_excess(all.allocs, shard->base.allocs);
        own.alloc_bytes = mt_excess(all.alloc_bytes, shard->base.alloc_bytes);
        own.frees = mt_excess(all.frees, shard->base.frees);
        own.free_bytes = mt_excess(all.free_bytes, shard->base.free_bytes);
    }
    others->allocs += all.allocs - own.allocs;
    others->alloc_bytes += all.alloc_bytes - own.alloc_bytes;
    others->frees += all.frees - own.frees;
    others->free_bytes += all.free_bytes - own.free_bytes;
    return own;
}

/* `name` is the program's word for the thread, or empty. */
static void write_thread(struct mt_writer *writer, uint32_t thread, const char *name,
                         const struct mt_totals *totals) {
    if (!totals->allocs && !totals->frees)
        return;
    mt_record_begin(writer, "thread");
    mt_record_number(writer, "thread", thread);
    if (name[0])
        mt_record_text(writer, "name", name, MT_THREAD_NAME_MAX);
    mt_record_number(writer, "allocs", totals->allocs);
    mt_record_number(writer, "alloc_bytes", totals->alloc_bytes);
    mt_record_number(writer, "frees", totals->frees);
    mt_record_number(writer, "free_bytes", totals->free_bytes);
    mt_record_end(writer);
}

void mt_write_threads(struct mt_writer *writer) {
    struct mt_totals others = {0};
    uint32_t shards = mt_region_count(writer->region, MT_TABLE_SHARDS);
    for (uint32_t i = 0; i < shards; i++) {
        const struct mt_shard *shard = mt_region_at(writer->region, MT_TABLE_SHARDS, i);
        uint32_t thread = mt_load32(&shard->thread);
        bool owned = thread && i < MT_SHARDS_OWNED;
        if (!mt_load32(&shard->used))
            continue;
        struct mt_totals own = owner_totals(shard, owned, &others);
        char name[MT_THREAD_NAME_MAX] = "";
        if (owned && !writer->strict)
            mt_thread_name_read(shard, name);
        write_thread(writer, thread, name, &own);
    }
    write_thread(writer, 0, "", &others);
}

void mt_write_histogram(struct mt_writer *writer) {
    uint32_t shards = mt_region_count(writer->region, MT_TABLE_SHARDS);
    for (int bin = 0; bin < MT_SIZE_BINS; bin++) {
        uint64_t allocs = 0, frees = 0;
        for (uint32_t i = 0; i < shards; i++) {
            const struct mt_shard *shard = mt_region_at(writer->region, MT_TABLE_SHARDS, i);
            if (!mt_load32(&shard->used))
                continue;
            frees += mt_load64(&shard->bin_frees[bin]);
            allocs += mt_load64(&shard->bin_allocs[bin]);
        }
        if (!allocs && !frees)
            continue;
        mt_record_begin(writer, "histogram");
        mt_record_number(writer, "min", bin ? UINT64_C(1) << (bin - 1) : 0);
        mt_record_number(writer, "max", (UINT64_C(1) << bin) - 1);
        mt_record_number(writer, "allocs", allocs);
        mt_record_number(writer, "frees", frees);
        mt_record_end(writer);
    }
}

void mt_write_resource(struct mt_writer *writer) {
    const struct mt_resources *process = writer->resources;
    const struct mt_figures *figures = &writer->region->figures;
    uint64_t at = mt_load64(&figures->at_ms);
    bool known = process->known;
    mt_record_begin(writer, "resource");
    mt_record_number(writer, "rss_bytes", known ? process->rss_bytes : MT_UNKNOWN);
    mt_record_number(writer, "rss_peak_bytes",
                     known ? process->rss_peak_bytes : MT_UNKNOWN);
    mt_record_number(writer, "threads", known ? process->threads : MT_UNKNOWN);
    mt_record_number(writer, "cpu_user_us", known ? process->cpu_user_us : MT_UNKNOWN);
    mt_record_number(writer, "cpu_system_us", known ? process->cpu_system_us : MT_UNKNOWN);
    mt_record_number(writer, "metadata_bytes", mt_load64(&writer->region->open_bytes));
    mt_record_number(writer, "allocator_allocated",
                     at ? mt_load64(&figures->allocated) : MT_UNKNOWN);
    mt_record_number(writer, "allocator_active",
                     at ? mt_load64(&figures->active) : MT_UNKNOWN);
    mt_record_number(writer, "allocator_resident",
                     at ? mt_load64(&figures->resident) : MT_UNKNOWN);
    mt_record_number(writer, "allocator_mapped",
                     at ? mt_load64(&figures->mapped) : MT_UNKNOWN);
    mt_record_number(writer, "allocator_age_ms",
                     at ? mt_excess(process->uptime_ms, at) : MT_UNKNOWN);
    mt_record_end(writer);
}

uint32_t mt_writer_site_frame(const struct mt_writer *writer, uint32_t site) {
    uint32_t leaf = mt_writer_site_leaf(writer, site);
    return mt_writer_frame_known(writer, leaf) ? leaf : 0;
}

/* The size of one block, or a place in it, which often is its size. Sums are not rounded:
 * they have to add up. */
uint64_t mt_writer_block_bytes(const struct mt_writer *writer, uint64_t bytes) {
    if (!writer->strict || bytes <= 1)
        return bytes;
    return bytes > UINT64_C(1) << 62 ? UINT64_C(1) << 62
                                     : UINT64_C(1) << (64 - __builtin_clzll(bytes - 1));
}

/* `event->kind` is 0 where the value counts sites. */
static void write_event(struct mt_writer *writer, const char *kind,
                        const struct mt_event *event) {
    mt_record_begin(writer, "event");
    mt_record_text(writer, "kind", kind, SIZE_MAX);
    mt_record_number(writer, "at_ms", event->at_ms);
    mt_record_number(writer, "id", event->id);
    mt_record_number(writer, "size", mt_writer_block_bytes(writer, event->size));
    mt_record_number(writer, "value",
                     event->kind ? mt_writer_block_bytes(writer, event->value)
                                 : event->value);
    mt_record_number(writer, "error_frame",
                     mt_writer_site_frame(writer, event->error_site));
    mt_record_number(writer, "alloc_frame",
                     mt_writer_site_frame(writer, event->alloc_site));
    mt_record_number(writer, "free_frame", mt_writer_site_frame(writer, event->free_site));
    mt_record_end(writer);
}

void mt_write_events(struct mt_writer *writer) {
    static const char *const kind[MT_EVENT_KINDS] = {
#define EVENT(id, name) [MT_EVENT_##id] = name,
#include "track/events.def"
#undef EVENT
    };
    uint32_t events = mt_region_count(writer->region, MT_TABLE_EVENTS);
    for (uint32_t i = 0; i < events; i++) {
        const struct mt_event *event = mt_region_at(writer->region, MT_TABLE_EVENTS, i);
        if (writer->out.written + writer->out.used + END_BYTES > writer->max_bytes)
            break;
        if (atomic_load_explicit(&event->ready, memory_order_acquire) &&
            event->kind != MT_EVENT_NONE && event->kind < MT_EVENT_KINDS)
            write_event(writer, kind[event->kind], event);
    }
    if (writer->sites_omitted) {
        struct mt_event omitted = {.at_ms = writer->resources->uptime_ms,
                                   .value = writer->sites_omitted};
        write_event(writer, "sites-omitted", &omitted);
    }
    if (writer->scope.summed) {
        struct mt_event summed = {.at_ms = writer->resources->uptime_ms,
                                  .value = writer->scope.summed};
        write_event(writer, "sites-summed", &summed);
    }
}
