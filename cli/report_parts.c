/* What several parts of a report share. */
#include "cli/report.h"

#include "cli/say.h"
#include <stdlib.h>
#include <string.h>

enum mt_report_sort mt_report_sort(const struct mt_report *r) {
    if (r->options->sort != MT_SORT_default)
        return r->options->sort;
    return r->model->total.live_bytes > 0 ? MT_SORT_live : MT_SORT_peak;
}

uint64_t mt_report_weight(const struct mt_model_sums *sums, enum mt_report_sort sort) {
    switch (sort) {
    case MT_SORT_peak:
        return sums->peak_bytes > 0 ? (uint64_t)sums->peak_bytes : 0;
    case MT_SORT_allocated:
        return sums->alloc_bytes;
    case MT_SORT_count:
        return sums->allocs;
    case MT_SORT_temporary:
        return sums->temporary;
    default:
        return sums->live_bytes;
    }
}

void mt_report_add(struct mt_model_sums *to, const struct mt_model_sums *more) {
#define NUMBER(name) to->name += more->name;
#define SIGNED(name) to->name = (int64_t)((uint64_t)to->name + (uint64_t)more->name);
    MT_SITE_FIELDS(NUMBER, SIGNED)
#undef NUMBER
#undef SIGNED
}

const char *mt_report_amount(const struct mt_report *r, char text[MT_FORMAT_MAX],
                             uint64_t weight) {
    bool bytes =
        mt_report_sort(r) != MT_SORT_count && mt_report_sort(r) != MT_SORT_temporary;
    return bytes ? mt_format_bytes(text, weight) : mt_format_count(text, weight);
}

void mt_report_heading(const struct mt_report *r, const struct mt_report_rows *rows,
                       uint64_t all) {
    static const char *const titles[] = {
        [MT_SORT_peak] = "At the peak",
        [MT_SORT_allocated] = "Allocated in all",
        [MT_SORT_count] = "Allocations",
        [MT_SORT_temporary] = "Temporary allocations",
    };
    FILE *out = r->paper.out;
    enum mt_report_sort sort = mt_report_sort(r);
    char share[MT_FORMAT_MAX], amount[MT_FORMAT_MAX];
    fprintf(out, "\n%s%s%s: %s", mt_paper_strong(&r->paper),
            sort == MT_SORT_live ? mt_report_live(r->model) : titles[sort],
            mt_paper_plain(&r->paper),
            all > 0 ? mt_report_amount(r, amount, all) : "nothing");
    if (all > 0 && rows != NULL)
        fprintf(out, " in %u place%s", rows->count, rows->count == 1 ? "" : "s");
    if (all > 0 && rows != NULL && rows->shown < rows->count)
        fprintf(out, ", %s in the top %u", mt_format_share(share, rows->weight, all),
                rows->shown);
    if (all > 0 && r->options->sort == MT_SORT_default && sort == MT_SORT_peak)
        fprintf(out, "%s", " (all of it was freed)");
    fputs("\n", out);
}

static char *location(const struct mt_report *r, uint32_t frame,
                      const struct mt_place *place) {
    const struct mt_model_module *module =
        &r->model->modules[r->model->frames[frame].module];
    if (place->file == NULL)
        return mt_copy(place->function != NULL && !module->pseudo ? module->name : "");
    const char *slash = r->options->full_paths ? NULL : strrchr(place->file, '/');
    char line[24];
    snprintf(line, sizeof line, ":%u", place->line);
    return mt_join(slash != NULL ? slash + 1 : place->file, line, "");
}

static char *name(const struct mt_report *r, uint32_t frame, const struct mt_place *place) {
    if (place->function != NULL)
        return mt_copy(place->function);
    const struct mt_model_frame *at = &r->model->frames[frame];
    char offset[24];
    snprintf(offset, sizeof offset, "+0x%llx", (unsigned long long)at->offset);
    return mt_join(r->model->modules[at->module].name, offset, "");
}

static const char *mark(const struct mt_place *place) {
    return place->inlined ? " (inlined)" : "";
}

size_t mt_report_place_columns(const struct mt_report *r, uint32_t frame,
                               const struct mt_place *place) {
    char *where = location(r, frame, place), *what = name(r, frame, place);
    size_t right = mt_text_columns(where);
    size_t all = mt_text_columns(what) + strlen(mark(place)) + (right > 0 ? 2 + right : 0);
    free(where);
    free(what);
    return all;
}

/* The location stays whole if it can: a function is known by its ends, a line is not. */
size_t mt_report_place(const struct mt_report *r, uint32_t frame,
                       const struct mt_place *place, size_t columns, bool strong) {
    const struct mt_paper *paper = &r->paper;
    char *where = location(r, frame, place), *what = name(r, frame, place);
    size_t right = mt_text_columns(where);
    size_t fixed = strlen(mark(place)) + (right > 0 ? 2 : 0);
    size_t least = columns / 3, left = mt_text_columns(what);
    if (paper->width > 0 && fixed + right + left > columns) {
        if (fixed + right + least > columns)
            right = columns > fixed + least ? columns - fixed - least : 8;
        left = columns > fixed + right ? columns - fixed - right : least;
    }
    fputs(strong ? mt_paper_strong(paper) : "", paper->out);
    mt_paper_fit(paper, what, left);
    fprintf(paper->out, "%s%s%s", strong ? mt_paper_plain(paper) : "", mark(place),
            right > 0 ? "  " : "");
    mt_paper_fit(paper, where, right);
    free(where);
    free(what);
    return left + fixed + right;
}
