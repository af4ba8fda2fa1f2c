/* What a look for leaks found (option `leaks`). */
#include "cli/report.h"

#include <string.h>

static const struct mt_model_leaks *sums_of(const struct mt_report *r) {
    return r->model->leaks.mode != NULL ? &r->model->leaks : NULL;
}

static void print_sum(const struct mt_report *r, const char *what, uint64_t blocks,
                      uint64_t bytes) {
    char number[MT_FORMAT_MAX], amount[MT_FORMAT_MAX];
    if (blocks == 0)
        return;
    fprintf(r->paper.out, "%-13s%s bytes in %s block%s\n", what,
            mt_format_exact(amount, bytes), mt_format_exact(number, blocks),
            blocks == 1 ? "" : "s");
}

static void print_sums(const struct mt_report *r, const struct mt_model_leaks *sums) {
    char time[MT_FORMAT_MAX];
    fprintf(r->paper.out, "\n%sLooked for leaks%s after %s", mt_paper_strong(&r->paper),
            mt_paper_plain(&r->paper), mt_format_time(time, sums->at_ms));
    bool whole = !strcmp(sums->because, "none");
    if (!whole && !strcmp(sums->mode, "reachable"))
        fprintf(r->paper.out, "; none is certain (%s)", sums->because);
    else if (!whole)
        fprintf(r->paper.out, "; not all was looked at (%s)", sums->because);
    fputs("\n", r->paper.out);
    print_sum(r, "lost", sums->lost, sums->lost_bytes);
    print_sum(r, "by them", sums->indirect, sums->indirect_bytes);
    print_sum(r, "possibly", sums->possible, sums->possible_bytes);
    print_sum(r, "not freed", sums->live, sums->live_bytes);
    print_sum(r, "reachable", sums->reachable, sums->reachable_bytes);
    print_sum(r, "kept", sums->kept, sums->kept_bytes);
}

static void print_leak(const struct mt_report *r, const struct mt_model_leak *leak) {
    char number[MT_FORMAT_MAX], amount[MT_FORMAT_MAX], age[MT_FORMAT_MAX];
    if (leak->single)
        fprintf(r->paper.out, "%s block %llu: %s bytes, at most %s old\n", leak->state,
                (unsigned long long)leak->id, mt_format_exact(amount, leak->size),
                mt_format_time(age, leak->age_ms));
    else
        fprintf(r->paper.out, "%s%s%s: %s bytes in %s block%s, the oldest at most %s old\n",
                mt_paper_strong(&r->paper), leak->state, mt_paper_plain(&r->paper),
                mt_format_exact(amount, leak->bytes), mt_format_exact(number, leak->blocks),
                leak->blocks == 1 ? "" : "s", mt_format_time(age, leak->oldest_ms));
    if (!leak->single)
        mt_report_stack(r, "allocated in", leak->frame);
}

/* Sites of what is still reachable are those of the report itself. */
void mt_report_leaks(const struct mt_report *r) {
    const struct mt_model *model = r->model;
    unsigned most = r->options->top == MT_REPORT_UNSET ? 10 : r->options->top;
    unsigned sites = 0, singles = 0, suppressed = 0, more = 0;
    const struct mt_model_leaks *sums = sums_of(r);
    if (sums == NULL)
        return;
    print_sums(r, sums);
    for (uint32_t i = 0; i < model->leak_count; i++) {
        const struct mt_model_leak *leak = &model->leak[i];
        if (!strcmp(leak->state, "reachable"))
            continue;
        if (mt_suppressed(r->options->suppressions, model, r->symbols, leak->frame)) {
            suppressed += !leak->single;
            continue;
        }
        unsigned *shown = leak->single ? &singles : &sites;
        if (most == 0 || *shown < most)
            print_leak(r, leak);
        else
            more += !leak->single;
        ++*shown;
    }
    if (more > 0)
        fprintf(r->paper.out, "and %u more place%s\n", more, more == 1 ? "" : "s");
    if (suppressed > 0)
        fprintf(r->paper.out, "suppressed: %u place%s\n", suppressed,
                suppressed == 1 ? "" : "s");
}
