#include "cli/report.h"

#include <string.h>

typedef char number[MT_FORMAT_MAX];

bool mt_report_running(const struct mt_model *model) {
    return !strcmp(model->header.state, "running") &&
           strcmp(model->header.reason, "recording") != 0 &&
           strcmp(model->header.reason, "core") != 0;
}

const char *mt_report_live(const struct mt_model *model) {
    if (mt_report_running(model))
        return "Live";
    return strcmp(model->header.state, "exited") != 0 ? "Live at the end" : "Never freed";
}

static const char *ending(const struct mt_model_header *header) {
    if (!strcmp(header->state, "exited"))
        return "exited";
    if (!strcmp(header->state, "aborted"))
        return "stopped by a heap error";
    if (!strcmp(header->reason, "core"))
        return "dumped core";
    if (!strcmp(header->reason, "recording"))
        return "ended without running its destructors";
    return "running";
}

static void title(const struct mt_report *r) {
    const struct mt_model_header *header = &r->model->header;
    number time, pid;
    snprintf(pid, sizeof pid, "%llu", (unsigned long long)header->pid);
    fprintf(r->paper.out, "%s%s%s  pid %s, %s", mt_paper_strong(&r->paper),
            header->program[0] ? header->program : "unknown", mt_paper_plain(&r->paper),
            pid, r->ending != NULL ? r->ending : ending(header));
    if (header->uptime_ms > 0)
        fprintf(r->paper.out, " after %s", mt_format_time(time, header->uptime_ms));
    fputs("\n", r->paper.out);
}

static void heap(const struct mt_report *r) {
    const struct mt_model_total *total = &r->model->total;
    FILE *out = r->paper.out;
    number a, b, c, d;
    fprintf(out, "\n%-10s %17s %14s\n", "", "bytes", "blocks");
    fprintf(out, "%-10s %17s %14s%s\n", "live", mt_format_exact(a, total->live_bytes),
            mt_format_exact(b, total->live),
            total->live > 0 && !strcmp(mt_report_live(r->model), "Never freed")
                ? "  never freed"
                : "");
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

/* "LABEL a, b, c": the items that are known, broken into lines where they must be. */
struct list {
    const struct mt_paper *paper;
    const char *label;
    size_t column; /* 0: nothing printed yet */
};

#define LABEL_COLUMNS 11

static void item(struct list *list, const char *name, const char *value) {
    FILE *out = list->paper->out;
    size_t width = list->paper->width > 0 ? list->paper->width : 80;
    size_t columns = strlen(name) + strlen(value);
    if (list->column == 0) {
        fprintf(out, "%-*s", LABEL_COLUMNS, list->label);
        list->column = LABEL_COLUMNS;
    } else if (list->column + 2 + columns > width) {
        fprintf(out, ",\n%*s", LABEL_COLUMNS, "");
        list->column = LABEL_COLUMNS;
    } else {
        fputs(", ", out);
        list->column += 2;
    }
    fprintf(out, "%s%s", name, value);
    list->column += columns;
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
    if (list->column > 0)
        fputs("\n", list->paper->out);
}

static void resources(const struct mt_report *r) {
    const struct mt_model_resource *resource = &r->model->resource;
    number text;
    struct list process = {&r->paper, "process", 0}, backend = {&r->paper, "jemalloc", 0};
    struct list own = {&r->paper, "tracking", 0};
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
    if (backend.column > 0 && resource->allocator_age_ms != MT_UNKNOWN)
        item(&backend, "age ", mt_format_time(text, resource->allocator_age_ms));
    finish(&backend);
    bytes_item(&own, "own tables ", resource->metadata_bytes);
    if (r->model->header.sample > 0)
        item(&own, "stacks: estimated from one in ",
             mt_format_bytes(text, r->model->header.sample));
    else if (strcmp(r->model->header.stack, "full") != 0 &&
             r->model->header.stack[0] != '\0')
        item(&own, "stacks: ", r->model->header.stack);
    finish(&own);
}

static void note(const struct mt_report *r, const char *what, uint64_t count,
                 const char *remark) {
    number exact;
    if (count > 0)
        fprintf(r->paper.out, "%-10s %s: %s%s%s\n", "note", what,
                mt_format_exact(exact, count), remark[0] != '\0' ? "; " : "", remark);
}

static void notes(const struct mt_report *r) {
    const struct mt_model_header *header = &r->model->header;
    const struct mt_model_total *total = &r->model->total;
    note(r, "earlier programs under this PID", header->images > 1 ? header->images - 1 : 0,
         "this is of the last");
    note(r, "other processes under the library", header->other_processes,
         "not in this report");
    note(r, "allocations without a place", total->overflow_allocs,
         "max_metadata was reached");
    /* One in a thousand is the loader's start and the like. */
    note(r, "stacks that end before their root",
         total->truncated > total->captures / 1000 ? total->truncated : 0, "");
    note(r, "frees of blocks from before a fork", total->inherited_frees, "");
    note(r, "options ignored", total->options_ignored, "");
    note(r, "summaries suppressed", total->dumps_suppressed, "");
    note(r, "summaries that could not be written", total->dumps_failed, "");
    note(r, "events lost", total->events_lost, "");
    note(r, "self-check mismatch", r->model->mismatch,
         mt_report_running(r->model) ? "the program was counting meanwhile"
                                     : "the counts are not exact");
}

void mt_report_totals(const struct mt_report *report) {
    title(report);
    if (report->model->has_total)
        heap(report);
    resources(report);
    notes(report);
}
