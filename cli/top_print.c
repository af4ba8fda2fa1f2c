/* A look as text: the head, then a row for each group of sites. */
#include "cli/top.h"

#include "cli/plumbing.h"
#include "cli/say.h"
#include <stdlib.h>
#include <string.h>

typedef char number[MT_FORMAT_MAX];

/* Of a narrow terminal the names get more: there a column goes that is not sorted by. */
#define NARROW 100u

/* Prints the figures of a row, or their names, and returns the columns they take. */
static size_t figures(const struct mt_top *top, const struct mt_paper *paper,
                      const char *const text[6]) {
    static const int width[6] = {6, 6, 7, 7, 7, 6};
    bool narrow = paper->width > 0 && paper->width < NARROW;
    int dropped = !narrow ? -1 : top->sort == MT_TOP_BY_peak ? 4 : 5;
    size_t used = 1;
    for (int i = 0; i < 6; i++) {
        if (i == dropped)
            continue;
        fprintf(paper->out, "%*s ", width[i], text[i]);
        used += (size_t)width[i] + 1;
    }
    fputc(' ', paper->out);
    return used;
}

static const char *bytes(number text, uint64_t amount) {
    return amount != MT_UNKNOWN ? mt_format_bytes(text, amount) : "?";
}

static const char *grown(number text, int64_t growth) {
    number amount;
    uint64_t size = growth < 0 ? -(uint64_t)growth : (uint64_t)growth;
    snprintf(text, MT_FORMAT_MAX, "%s%.30s",
             growth < 0   ? "-"
             : growth > 0 ? "+"
                          : "",
             mt_format_bytes(amount, size));
    return text;
}

/* A line of the head, cut at the paper's width. */
static void line(const struct mt_paper *paper, const char *left, const char *right) {
    size_t used = mt_text_columns(left), width = paper->width;
    size_t room = width > 0 && used > width ? width : used;
    fprintf(paper->out, "%.*s", (int)room, left);
    size_t wanted = mt_text_columns(right);
    if (wanted > 0 && width == 0)
        fprintf(paper->out, "  %s", right);
    else if (wanted > 0 && used + 2 + wanted <= width)
        fprintf(paper->out, "%*s", (int)(width - used), right);
    fputc('\n', paper->out);
}

static void title(const struct mt_top *top, const struct mt_paper *paper) {
    const struct mt_model_header *header = &top->model.header;
    number time;
    char *left = NULL, *filter = mt_text_clean(top->filter, 48), right[256];
    snprintf(right, sizeof right, "%s%s%s%severy %u s, by %s",
             filter[0] != '\0' ? "only /" : "", filter, filter[0] != '\0' ? ", " : "",
             top->recording != NULL ? "from its recording, " : "", top->interval_s,
             mt_top_sort_name[top->sort]);
    free(filter);
    if (asprintf(&left, "%s  pid %u, %s after %s", header->program, top->pid,
                 mt_top_state(top), mt_format_time(time, header->uptime_ms)) < 0)
        return;
    fputs(mt_paper_strong(paper), paper->out);
    line(paper, left, right);
    fputs(mt_paper_plain(paper), paper->out);
    free(left);
}

static void heap(const struct mt_top *top, const struct mt_paper *paper) {
    const struct mt_model_total *now = &top->model.total, *before = &top->before.total;
    number a, b, c, d;
    char text[256];
    snprintf(text, sizeof text, "live      %s in %s blocks, growth %s, peak %s",
             bytes(a, now->live_bytes), mt_format_count(b, now->live),
             grown(c, mt_top_growth(now->live_bytes, top->first.total.live_bytes)),
             bytes(d, now->peak_bytes));
    line(paper, text, "");
    snprintf(text, sizeof text, "rate      %s/s by %s allocations/s, %s frees/s%s",
             bytes(a, mt_top_rate(top, now->alloc_bytes, before->alloc_bytes)),
             mt_format_count(b, mt_top_rate(top, now->allocs, before->allocs)),
             mt_format_count(c, mt_top_rate(top, now->frees, before->frees)),
             before->allocs == 0 ? ", since its start" : "");
    line(paper, text, "");
}

static void resources(const struct mt_top *top, const struct mt_paper *paper) {
    const struct mt_model_resource *r = &top->model.resource;
    number a, b, c, d, e, cpu;
    char text[256];
    uint64_t percent = mt_top_cpu_percent(top);
    snprintf(cpu, sizeof cpu, percent != MT_UNKNOWN ? "%llu%%" : "?",
             (unsigned long long)percent);
    snprintf(text, sizeof text, "process   RSS %s, peak RSS %s, CPU %s, threads %s",
             bytes(a, r->rss_bytes), bytes(b, r->rss_peak_bytes), cpu,
             r->threads != MT_UNKNOWN ? mt_format_count(c, r->threads) : "?");
    line(paper, text, "");
    if (r->allocator_allocated == MT_UNKNOWN)
        snprintf(text, sizeof text, "jemalloc  not asked yet");
    else
        snprintf(text, sizeof text,
                 "jemalloc  allocated %s, active %s, resident %s, mapped %s, %s ago",
                 bytes(a, r->allocator_allocated), bytes(b, r->allocator_active),
                 bytes(c, r->allocator_resident), bytes(d, r->allocator_mapped),
                 mt_format_time(e, r->allocator_age_ms));
    line(paper, text, "");
    snprintf(text, sizeof text, "tracking  own tables %s, stacks: %s%s",
             bytes(a, r->metadata_bytes), top->model.header.stack,
             top->model.header.sample > 0 ? ", estimated" : "");
    line(paper, text, "");
}

/* The callers as far as there is room: who calls a wrapper is the question. */
static void callers(const struct mt_top *top, const struct mt_report *r,
                    struct mt_stack_walk walk, size_t used, size_t columns) {
    const struct mt_place *place;
    for (unsigned i = 1; i < top->options.depth; i++) {
        mt_stack_out(r, &walk);
        if ((place = mt_stack_place(r, &walk)) == NULL || mt_plumbing_start(place))
            return;
        if (place->function == NULL || mt_plumbing_trampoline(place))
            continue;
        used += 3 + mt_text_columns(place->function);
        if (r->paper.width > 0 && used > columns)
            return;
        fprintf(r->paper.out, " < %s", place->function);
    }
}

static void row(const struct mt_top *top, const struct mt_paper *paper,
                const struct mt_group *group) {
    const struct mt_model_sums *now = &group->sums, *before = &group->before;
    struct mt_report r = mt_top_report(top, paper->out, paper->width);
    struct mt_stack_walk walk = group->head;
    const struct mt_place *place = mt_stack_place(&r, &walk);
    number a, b, c, d, e, f;
    r.paper.colour = paper->colour;
    const char *const text[6] = {
        bytes(a, now->live_bytes),
        mt_format_count(b, now->live),
        grown(c, mt_top_growth(now->live_bytes, group->first.live_bytes)),
        bytes(d, mt_top_rate(top, now->alloc_bytes, before->alloc_bytes)),
        mt_format_count(e, mt_top_rate(top, now->allocs, before->allocs)),
        bytes(f, mt_report_weight(now, MT_SORT_peak)),
    };
    size_t left = figures(top, paper, text);
    size_t columns = paper->width > left + 16 ? paper->width - left : 16;
    if (place != NULL) {
        size_t used = mt_report_place(&r, walk.frame, place, columns, true);
        callers(top, &r, walk, used, columns);
    }
    fputc('\n', paper->out);
}

void mt_top_print(const struct mt_top *top, const struct mt_paper *paper, unsigned rows) {
    static const char *const names[6] = {"live",    "blocks",  "growth",
                                         "bytes/s", "count/s", "peak"};
    title(top, paper);
    heap(top, paper);
    resources(top, paper);
    fputc('\n', paper->out);
    fputs(mt_paper_faint(paper), paper->out);
    (void)figures(top, paper, names);
    fprintf(paper->out, "function  file:line < caller%s\n", mt_paper_plain(paper));
    for (uint32_t i = 0, shown = 0; i < top->groups.count && shown < rows; i++) {
        if (!mt_top_shows(top, &top->groups.at[i]))
            continue;
        row(top, paper, &top->groups.at[i]);
        shown++;
    }
}
