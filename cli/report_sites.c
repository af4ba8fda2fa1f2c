#include "cli/report.h"

#include "cli/plumbing.h"
#include "cli/say.h"
#include "cli/stack_walk.h"
#include <stdlib.h>
#include <string.h>

/* Sites whose shown functions are the same: one row. */
struct group {
    uint32_t leaf;             /* of one of its stacks */
    struct mt_stack_walk head; /* at the function that asked for the memory */
    uint64_t key;
    uint32_t stacks;
    struct mt_model_sums sums;
    uint64_t weight;
};

struct table {
    struct group *groups;
    uint32_t count;
    uint32_t *slots; /* open addressing: group + 1 */
    uint32_t mask;
};

/* Two stacks are in one group if all that is shown of them is the same. */
static bool same(const struct mt_report *r, struct mt_stack_walk a, struct mt_stack_walk b,
                 unsigned depth) {
    for (unsigned i = 0; depth == 0 || i < depth; i++) {
        if (a.frame == b.frame && a.place == b.place)
            return true; /* the rest is the same path to the root */
        if (a.frame == MT_ROOT || b.frame == MT_ROOT || !mt_stack_same(r, &a, &b))
            return false;
        mt_stack_out(r, &a);
        mt_stack_out(r, &b);
    }
    return true;
}

static uint64_t key_of(const struct mt_report *r, struct mt_stack_walk walk,
                       unsigned depth) {
    uint64_t key = 0;
    for (unsigned i = 0; (depth == 0 || i < depth) && walk.frame != MT_ROOT; i++) {
        key = mt_stack_hash(r, &walk, key);
        mt_stack_out(r, &walk);
    }
    return key;
}

static struct group *group_of(const struct mt_report *r, struct table *table, uint32_t leaf,
                              unsigned depth) {
    struct mt_stack_walk head = mt_stack_head(r, leaf, NULL);
    uint64_t key = key_of(r, head, depth);
    uint32_t at = (uint32_t)(key >> 32) & table->mask;
    for (; table->slots[at] != 0; at = (at + 1) & table->mask) {
        struct group *group = &table->groups[table->slots[at] - 1];
        if (group->key == key && same(r, group->head, head, depth))
            return group;
    }
    table->groups[table->count] = (struct group){.leaf = leaf, .head = head, .key = key};
    table->slots[at] = ++table->count;
    return &table->groups[table->count - 1];
}

static int heavier(const void *a, const void *b) {
    const struct group *x = a, *y = b;
    if (x->weight != y->weight)
        return x->weight < y->weight ? 1 : -1;
    return x->sums.allocs != y->sums.allocs ? (x->sums.allocs < y->sums.allocs ? 1 : -1)
                                            : 0;
}

static struct table make_table(const struct mt_report *r, unsigned depth) {
    const struct mt_model *model = r->model;
    uint32_t room = 16;
    while (room < model->site_count * 2)
        room *= 2;
    struct table table = {.groups = mt_alloc(model->site_count, sizeof *table.groups),
                          .slots = mt_alloc(room, sizeof *table.slots),
                          .mask = room - 1};
    for (uint32_t i = 0; i < model->site_count; i++) {
        const struct mt_model_site *site = &model->sites[i];
        if (mt_report_weight(&site->sums, mt_report_sort(r)) == 0)
            continue;
        struct group *group = group_of(r, &table, site->frame, depth);
        group->stacks++;
        mt_report_add(&group->sums, &site->sums);
        group->weight = mt_report_weight(&group->sums, mt_report_sort(r));
    }
    qsort(table.groups, table.count, sizeof *table.groups, heavier);
    return table;
}

#define LEFT       41 /* columns before the names */
#define LEFT_LEAST 8

/* What the row's function called to get the memory, if it was not malloc. */
static void print_inner(const struct mt_report *r, const struct group *group, size_t left) {
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

static void print_stack(const struct mt_report *r, const struct group *group,
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

static void print_group(const struct mt_report *r, const struct group *group,
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
    struct table table = make_table(r, depth);
    struct mt_report_rows rows = {.count = table.count};
    uint64_t all = 0;
    rows.shown = top == 0 || top > table.count ? table.count : top;
    for (uint32_t i = 0; i < table.count; i++) {
        all += table.groups[i].weight;
        rows.weight += i < rows.shown ? table.groups[i].weight : 0;
    }
    mt_report_heading(r, &rows, all);
    if (rows.shown > 0)
        fprintf(r->paper.out, "%s%6s %6s %6s %6s %6s %4s  %s%s\n",
                mt_paper_faint(&r->paper), "live", "blocks", "peak", "alloc", "count",
                "temp", "function  file:line", mt_paper_plain(&r->paper));
    for (uint32_t i = 0; i < rows.shown; i++)
        print_group(r, &table.groups[i], depth);
    free(table.groups);
    free(table.slots);
}
