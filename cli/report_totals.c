#include "cli/report.h"

#include <string.h>

typedef char number[MT_FORMAT_MAX];

bool mt_report_ended(const struct mt_model *model) {
    return !strcmp(model->header.state, "exited") ||
           !strcmp(model->header.reason, "recording") ||
           !strcmp(model->header.reason, "exit");
}

static const char *ending(const struct mt_model_header *header) {
    if (!strcmp(header->state, "exited"))
        return "exited";
    if (!strcmp(header->state, "aborted"))
        return "stopped by a heap error";
    if (!strcmp(header->reason, "recording"))
        return "ended without running its destructors";
    return "running";
}

static void title(const struct mt_report *r) {
    const struct mt_model_header *header = &r->model->header;
    number time, pid;
    snprintf(pid, sizeof pid, "%llu", (unsigned long long)header->pid);
    fprintf(r->paper.out, "%s%s%s  pid %s, %s after %s\n", mt_paper_strong(&r->paper),
            header->program[0] ? header->program : "unknown", mt_paper_plain(&r->paper),
            pid, ending(header), mt_format_time(time, header->uptime_ms));
}

static void heap(const struct mt_report *r) {
    const struct mt_model_total *total = &r->model->total;
    FILE *out = r->paper.out;
    number a, b, c, d;
    fprintf(out, "\n%-10s %17s %14s\n", "", "bytes", "blocks");
    fprintf(out, "%-10s %17s %14s%s\n", "live", mt_format_exact(a, total->live_bytes),
            mt_format_exact(b, total->live),
            mt_report_ended(r->model) ? "  never freed" : "");
    fprintf(out, "%-10s %17s", "peak", mt_format_exact(a, total->peak_bytes));
    if (total->peak_error_bytes > 0)
        fprintf(out, " %14s  within %s", "", mt_format_bytes(a, total->peak_error_bytes));
    fprintf(out, "\n%-10s %17s %14s", "allocated", mt_format_exact(a, total->alloc_bytes),
            mt_format_exact(b, total->allocs));
    if (total->temporary > 0)
        fprintf(out, "  %s temporary", mt_format_share(c, total->temporary, total->allocs));
    if (total->reallocs > 0)
        fprintf(out, "%s %s by realloc", total->temporary > 0 ? "," : " ",
                mt_format_share(d, total->reallocs, total->allocs));
    fputs("\n", out);
}

/* "LABEL a, b, c": the items that are known. */
struct list {
    FILE *out;
    const char *label;
    bool begun;
};

static void item(struct list *list, const char *name, const char *value) {
    if (list->begun)
        fputs(", ", list->out);
    else
        fprintf(list->out, "%-10s ", list->label);
    fprintf(list->out, "%s%s", name, value);
    list->begun = true;
}

static void bytes_item(struct list *list, const char *name, uint64_t bytes) {
    number text;
    if (bytes != MT_UNKNOWN)
        item(list, name, mt_format_bytes(text, bytes));
}

static void time_item(struct list *list, const char *name, uint64_t microseconds) {
    number text;
    if (microseconds != MT_UNKNOWN)
        item(list, name, mt_format_time(text, microseconds / 1000));
}

static void finish(const struct list *list) {
    if (list->begun)
        fputs("\n", list->out);
}

static void resources(const struct mt_report *r) {
    const struct mt_model_resource *resource = &r->model->resource;
    FILE *out = r->paper.out;
    number text;
    struct list process = {out, "process", false}, backend = {out, "jemalloc", false};
    struct list own = {out, "tracking", false};
    bytes_item(&process, "RSS ", resource->rss_bytes);
    bytes_item(&process, "peak RSS ", resource->rss_peak_bytes);
    time_item(&process, "CPU user ", resource->cpu_user_us);
    time_item(&process, "system ", resource->cpu_system_us);
    if (resource->threads != MT_UNKNOWN && resource->threads > 0)
        item(&process, "threads ", mt_format_count(text, resource->threads));
    finish(&process);
    bytes_item(&backend, "allocated ", resource->allocator_allocated);
    bytes_item(&backend, "active ", resource->allocator_active);
    bytes_item(&backend, "resident ", resource->allocator_resident);
    bytes_item(&backend, "mapped ", resource->allocator_mapped);
    if (backend.begun && resource->allocator_age_ms != MT_UNKNOWN) {
        item(&backend, "", mt_format_time(text, resource->allocator_age_ms));
        fputs(" before", out);
    }
    finish(&backend);
    bytes_item(&own, "own tables ", resource->metadata_bytes);
    if (strcmp(r->model->header.stack, "full") != 0 && r->model->header.stack[0] != '\0')
        item(&own, "stacks: ", r->model->header.stack);
    finish(&own);
}

static void note(const struct mt_report *r, uint64_t count, const char *text) {
    number exact;
    if (count > 0)
        fprintf(r->paper.out, "%-10s %s %s\n", "note", mt_format_exact(exact, count), text);
}

static void notes(const struct mt_report *r) {
    const struct mt_model_header *header = &r->model->header;
    const struct mt_model_total *total = &r->model->total;
    note(r, header->images > 1 ? header->images - 1 : 0,
         "earlier programs ran under this PID (exec); this report is of the last");
    note(r, header->other_processes,
         "other processes started; they are not in this report");
    note(r, total->overflow_allocs, "allocations without a site: max_metadata was reached");
    note(r, total->truncated, "stacks end before their root");
    note(r, total->inherited_frees, "frees of blocks from before a fork");
    note(r, total->options_ignored, "options were ignored");
    note(r, total->dumps_suppressed, "summaries were suppressed");
    note(r, total->dumps_failed, "summaries could not be written");
    note(r, total->events_lost, "events were lost");
    note(r, r->model->mismatch,
         "is the self-check's mismatch: the program was counting "
         "meanwhile, or counts are wrong");
}

void mt_report_totals(const struct mt_report *report) {
    title(report);
    heap(report);
    resources(report);
    notes(report);
}
