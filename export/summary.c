#include "export/summary.h"

#include "base/options.h"
#include "export/seal.h"
#include "export/writer.h"
#include <errno.h>
#include <string.h>

/* What threads, histogram, resource and end take at most, and one event. */
#define TAIL_BYTES  (20u * 1024)
#define EVENT_BYTES 256u

static struct mt_writer the_writer;

const char *mt_reason_name(enum mt_reason reason) {
    static const char *const name[MT_REASON_COUNT] = {"signal",   "exit",      "api",
                                                      "outside",  "recording", "limit",
                                                      "interval", "peak",      "core"};
    return name[reason];
}

void mt_record_begin(struct mt_writer *writer, const char *type) {
    mt_out_text(&writer->out, "{\"type\":\"");
    mt_out_text(&writer->out, type);
    mt_out_text(&writer->out, "\"");
}

void mt_record_end(struct mt_writer *writer) {
    mt_out_text(&writer->out, "}\n");
    writer->records++;
}

static void field(struct mt_writer *writer, const char *name) {
    mt_out_text(&writer->out, ",\"");
    mt_out_text(&writer->out, name);
    mt_out_text(&writer->out, "\":");
}

void mt_record_number(struct mt_writer *writer, const char *name, uint64_t value) {
    field(writer, name);
    if (value == MT_UNKNOWN)
        mt_out_text(&writer->out, "null");
    else /* numbers of the format are below 2^63; only damaged regions have larger ones */
        mt_out_u64(&writer->out, value < INT64_MAX ? value : INT64_MAX);
}

void mt_record_signed(struct mt_writer *writer, const char *name, int64_t value) {
    field(writer, name);
    mt_out_i64(&writer->out, value);
}

void mt_record_text(struct mt_writer *writer, const char *name, const char *text,
                    size_t most) {
    field(writer, name);
    mt_out_json(&writer->out, text, most);
}

void mt_record_hash(struct mt_writer *writer, const char *name, uint64_t hash) {
    field(writer, name);
    mt_out_text(&writer->out, "\"");
    mt_out_hex(&writer->out, hash, 16);
    mt_out_text(&writer->out, "\"");
}

void mt_summary_scope(struct mt_region *region) {
    region->strict = mt_options->privacy == MT_PRIVACY_STRICT;
    region->max_sites = (uint32_t)mt_options->max_sites;
    region->min_bytes = mt_options->min_bytes;
    if (mt_options->recipient[0])
        (void)mt_seal_key(mt_options->recipient, region->recipient);
}

static void write_header(struct mt_writer *writer) {
    static const char *const stack[] = {"off", "caller", "full", "sampled"};
    static const char *const state[] = {"empty", "running", "exited", "aborted"};
    const struct mt_region *region = writer->region;
    uint32_t now = mt_load32(&region->state);
    uint32_t images = mt_load32(&region->images);
    mt_record_begin(writer, "header");
    mt_record_text(writer, "format", "mtalloc-summary", SIZE_MAX);
    mt_record_number(writer, "version", 1);
    mt_record_text(writer, "library", PACKAGE_VERSION, SIZE_MAX);
    mt_record_text(writer, "privacy", writer->strict ? "strict" : "standard", SIZE_MAX);
    mt_record_text(writer, "reason", mt_reason_name(writer->reason), SIZE_MAX);
    mt_record_text(writer, "state", state[now <= MT_STATE_ABORTED ? now : MT_STATE_RUNNING],
                   SIZE_MAX);
    mt_record_text(writer, "program", writer->strict ? "" : region->program,
                   sizeof region->program);
    mt_record_number(writer, "pid", region->pid);
    mt_record_number(writer, "sequence", (uint64_t)mt_load32(&region->dumps) + 1);
    mt_record_number(writer, "time_unix_ms", writer->resources->now_unix_ms);
    mt_record_number(writer, "uptime_ms", writer->resources->uptime_ms);
#if defined(__x86_64__)
    mt_record_text(writer, "arch", "x86_64", SIZE_MAX);
#elif defined(__aarch64__)
    mt_record_text(writer, "arch", "aarch64", SIZE_MAX);
#endif
    mt_record_text(writer, "stack", stack[region->stack_mode <= 3 ? region->stack_mode : 0],
                   SIZE_MAX);
    if (region->sample)
        mt_record_number(writer, "sample", region->sample);
    mt_record_number(writer, "frames", region->frames);
    mt_record_number(writer, "images", images ? images : 1);
    mt_record_number(writer, "other_processes", mt_load32(&region->other_processes));
    mt_record_end(writer);
}

static void write_total(struct mt_writer *writer) {
    const struct mt_region *region = writer->region;
    const struct mt_sums *sums = &writer->sums;
    int64_t peak = atomic_load_explicit(&region->peak_bytes, memory_order_relaxed);
    mt_record_begin(writer, "total");
    mt_record_number(writer, "allocs", sums->site.allocs);
    mt_record_number(writer, "alloc_bytes", sums->site.alloc_bytes);
    mt_record_number(writer, "frees", sums->site.frees);
    mt_record_number(writer, "free_bytes", sums->site.free_bytes);
    mt_record_number(writer, "live", sums->live);
    mt_record_number(writer, "live_bytes", sums->live_bytes);
    mt_record_number(writer, "peak_bytes",
                     sums->at_peak ? sums->live_bytes : (uint64_t)peak);
    mt_record_number(writer, "peak_error_bytes", mt_load64(&region->peak_error_bytes));
    mt_record_number(writer, "reallocs", sums->site.reallocs);
    mt_record_number(writer, "temporary", sums->site.temporary);
    mt_record_number(writer, "inherited_frees", sums->inherited_frees);
    mt_record_number(writer, "captures", sums->captures);
    mt_record_number(writer, "stepped", sums->stepped);
    mt_record_number(writer, "verified", sums->verified);
    mt_record_number(writer, "slow", sums->slow);
    mt_record_number(writer, "truncated", sums->truncated);
    mt_record_number(writer, "checked", sums->checked);
    mt_record_number(writer, "overflow_allocs", sums->overflow_allocs);
    mt_record_number(writer, "options_ignored", region->options_ignored);
    mt_record_number(writer, "dumps_suppressed", mt_load32(&region->dumps_suppressed));
    mt_record_number(writer, "dumps_failed", mt_load32(&region->signals_failed));
    mt_record_number(writer, "events_lost", mt_load64(&region->events_lost));
    mt_record_end(writer);
}

static void write_end(struct mt_writer *writer) {
    mt_out_flush(&writer->out); /* the hash covers what came before */
    uint64_t hash = mt_hash_end(&writer->hash);
    uint64_t before = writer->records;
    mt_record_begin(writer, "end");
    mt_record_number(writer, "records", before);
    mt_record_hash(writer, "xxh3", hash);
    mt_record_number(writer, "mismatch", writer->sums.mismatch);
    mt_record_end(writer);
    mt_out_flush(&writer->out);
}

static void add_to_hash(void *context, const char *bytes, size_t length) {
    mt_hash_add(context, bytes, length);
}

/* What is left of `max_bytes` when threads, histogram, resource, events and end have
 * theirs, which is half of it at most. */
static uint64_t bound(const struct mt_region *region, uint64_t max_bytes) {
    uint64_t tail =
        TAIL_BYTES + (uint64_t)mt_region_count(region, MT_TABLE_EVENTS) * EVENT_BYTES;
    return max_bytes - (tail < max_bytes / 2 ? tail : max_bytes / 2);
}

static void start(struct mt_writer *writer) {
    mt_hash_start(&writer->hash);
    writer->out.on_flush = add_to_hash;
    writer->out.context = &writer->hash;
    writer->sites = mt_region_count(writer->region, MT_TABLE_SITES);
    writer->nodes = mt_region_count(writer->region, MT_TABLE_NODES);
    writer->modules = mt_region_count(writer->region, MT_TABLE_MODULES);
    if (writer->modules > MT_WRITER_MODULES)
        writer->modules = MT_WRITER_MODULES;
    writer->records = 0;
    writer->frames_end = writer->nodes;
    writer->frames_missing = false;
    writer->sites_omitted = 0;
    memset(writer->module_printed, 0, sizeof writer->module_printed);
}

int mt_summary_write(const struct mt_region *region, const struct mt_summary_target *target,
                     enum mt_reason reason, const struct mt_resources *resources) {
    struct mt_writer *writer = &the_writer;
    if (target->fd < 0)
        return -EBADF;
    writer->region = region;
    writer->reason = reason;
    writer->resources = resources;
    writer->strict = target->strict || region->strict;
    writer->max_bytes = target->max_bytes;
    writer->bound = bound(region, target->max_bytes);
    mt_out_init(&writer->out, target->fd, writer->buffer, sizeof writer->buffer);
    start(writer);
    if (target->sealed) {
        writer->out.write = mt_seal_write;
        writer->out.error = mt_seal_begin(target->fd);
    }
    if (!mt_scope_begin(writer))
        return -ENOMEM;
    mt_writer_sum(writer);
    write_header(writer);
    write_total(writer);
    mt_write_modules(writer);
    mt_write_frames(writer);
    mt_write_sites(writer);
    mt_write_threads(writer);
    mt_write_histogram(writer);
    mt_write_resource(writer);
    mt_write_leaks(writer);
    mt_write_events(writer);
    write_end(writer);
    mt_scope_end(writer);
    if (target->sealed && !writer->out.error)
        writer->out.error = mt_seal_end();
    return writer->out.error;
}
