#include "cli/report.h"

#include "cli/groups.h"
#include "cli/plumbing.h"
#include "cli/say.h"

static struct mt_groups make_groups(const struct mt_report *r, unsigned depth) {
    const struct mt_model *model = r->model;
    struct mt_groups groups = mt_groups_new(r);
    for (uint32_t i = 0; i < model->site_count; i++) {
        const struct mt_model_site *site = &model->sites[i];
        if (mt_report_weight(&site->sums, mt_report_sort(r)) == 0)
            continue;
        struct mt_group *group = mt_groups_of(&groups, r, site->frame, depth);
        group->stacks++;
        mt_report_add(&group->sums, &site->sums);
        group->weight = mt_report_weight(&group->sums, mt_report_sort(r));
    }
    mt_groups_sort(&groups);
    return groups;
}

#define LEFT       41 /* columns before the names */
#define LEFT_LEAST 8

/* What the row's function called to get the memory, if it was not malloc. */
static void print_inner(const struct mt_report *r, const struct mt_group *group,
                        size_t left) {
    struct mt_stack_walk inner;
    mt_stack_head(r, group->leaf, &inner);
    const struct mt_place *place = mt_stack_place(r, &inner);
    if (place == NULL || place->function == NULL)
        return;
    size_t columns = mt_text_columns(place->function);
    if (r->paper.width > 0 && columns + 6 > left)
        return;
    fprintf(r->paper.out, "%s  via %s%s", mt_paper_faint(&r->paper), place->function,
            mt_paper_plain(&r->paper));
}

/* A caller has the columns of the figures too: what is long begins further left. */
static size_t make_room(const struct mt_report *r, uint32_t frame,
                        const struct mt_place *place) {
    size_t width = r->paper.width, needed = mt_report_place_columns(r, frame, place);
    size_t indent = LEFT;
    if (width > 0 && LEFT + needed > width)
        indent = width > needed + LEFT_LEAST ? width - needed : LEFT_LEAST;
    fprintf(r->paper.out, "%*s", (int)indent, "");
    return width > indent ? width - indent : needed;
}

static void print_stack(const struct mt_report *r, const struct mt_group *group,
                        unsigned depth) {
    const struct mt_paper *paper = &r->paper;
    struct mt_stack_walk walk = group->head;
    size_t columns = paper->width > LEFT + 24 ? paper->width - LEFT : 24;
    const struct mt_place *place;
    for (unsigned i = 0; (place = mt_stack_place(r, &walk)) != NULL; i++) {
        if ((depth > 0 && i >= depth) || (i > 0 && mt_plumbing_start(place)))
            break;
        if (i == 0 || !mt_plumbing_trampoline(place)) {
            size_t room = i > 0 ? make_room(r, walk.frame, place) : columns;
            size_t used = mt_report_place(r, walk.frame, place, room, i == 0);
            if (i == 0 && used < columns)
                print_inner(r, group, columns - used);
            fputs("\n", paper->out);
        }
        mt_stack_out(r, &walk);
    }
    if (group->stacks > 1)
        fprintf(paper->out, "%*s%s(%u stacks)%s\n", LEFT, "", mt_paper_faint(paper),
                group->stacks, mt_paper_plain(paper));
}

static void print_group(const struct mt_report *r, const struct mt_group *group,
                        unsigned depth) {
    const struct mt_model_sums *sums = &group->sums;
    char live[MT_FORMAT_MAX], blocks[MT_FORMAT_MAX], peak[MT_FORMAT_MAX];
    char allocated[MT_FORMAT_MAX], count[MT_FORMAT_MAX], share[MT_FORMAT_MAX];
    fprintf(r->paper.out, "%6s %6s %6s %6s %6s %4s  ",
            mt_format_bytes(live, sums->live_bytes), mt_format_count(blocks, sums->live),
            mt_format_bytes(peak, sums->peak_bytes > 0 ? (uint64_t)sums->peak_bytes : 0),
            mt_format_bytes(allocated, sums->alloc_bytes),
            mt_format_count(count, sums->allocs),
            mt_format_share(share, sums->temporary, sums->allocs));
    print_stack(r, group, depth);
}

void mt_report_sites(const struct mt_report *r) {
    unsigned depth = r->options->depth == MT_REPORT_UNSET ? 5 : r->options->depth;
    unsigned top = r->options->top == MT_REPORT_UNSET ? 10 : r->options->top;
    struct mt_groups groups = make_groups(r, depth);
    struct mt_report_rows rows = {.count = groups.count};
    uint64_t all = 0;
    rows.shown = top == 0 || top > groups.count ? groups.count : top;
    for (uint32_t i = 0; i < groups.count; i++) {
        all += groups.at[i].weight;
        rows.weight += i < rows.shown ? groups.at[i].weight : 0;
    }
    mt_report_heading(r, &rows, all);
    if (rows.shown > 0)
        fprintf(r->paper.out, "%s%6s %6s %6s %6s %6s %4s  %s%s\n",
                mt_paper_faint(&r->paper), "live", "blocks", "peak", "alloc", "count",
                "temp", "function  file:line", mt_paper_plain(&r->paper));
    for (uint32_t i = 0; i < rows.shown; i++)
        print_group(r, &groups.at[i], depth);
    mt_groups_free(&groups);
}
