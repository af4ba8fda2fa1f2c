/* The call tree, callers above callees, heaviest first. */
#include "cli/report.h"

#include "cli/call_tree.h"
#include "cli/say.h"
#include <stdlib.h>

struct printer {
    const struct mt_report *report;
    struct mt_call_tree tree;
    uint64_t least; /* nodes below that weight are not shown */
    unsigned depth;
    uint32_t hidden;
};

static int heavier(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? 1 : x > y ? -1 : 0;
}

/* A node as heavy as its caller shares the caller's row: only the others count. */
static void choose_least(struct printer *p) {
    const struct mt_call_node *nodes = p->tree.nodes;
    bool asked = p->report->options->top != MT_REPORT_UNSET;
    uint32_t top = asked ? p->report->options->top : 40, count = 0;
    uint64_t *weights = mt_alloc(p->tree.count, sizeof *weights);
    for (uint32_t i = 1; i < p->tree.count; i++)
        if (nodes[i].parent == 0 || nodes[nodes[i].parent].weight != nodes[i].weight)
            weights[count++] = nodes[i].weight;
    qsort(weights, count, sizeof *weights, heavier);
    p->least = top > 0 && count > top ? weights[top - 1] : 1;
    if (!asked && p->least < nodes[0].weight / 100)
        p->least = nodes[0].weight / 100;
    free(weights);
}

/* A row still to be printed. */
struct row {
    uint64_t weight;
    uint32_t node, indent, level;
};

struct rows {
    struct row *at;
    uint32_t count;
};

static int lighter(const void *a, const void *b) {
    const struct row *x = a, *y = b;
    if (x->weight != y->weight)
        return x->weight < y->weight ? -1 : 1;
    return x->node > y->node ? -1 : x->node < y->node; /* equal ones in the file's order */
}

/* Adds the callees of a node that are shown, the heaviest last: it is taken first. */
static void push(struct printer *p, struct rows *rows, uint32_t node, struct row above) {
    const struct mt_call_node *nodes = p->tree.nodes;
    uint32_t before = rows->count;
    for (uint32_t i = nodes[node].child; i != 0; i = nodes[i].sibling) {
        if (nodes[i].weight < p->least) {
            p->hidden++;
            continue;
        }
        mt_grow(rows->at, rows->count);
        rows->at[rows->count++] =
            (struct row){nodes[i].weight, i, above.indent, above.level};
    }
    if (rows->count > before)
        qsort(rows->at + before, rows->count - before, sizeof *rows->at, lighter);
}

#define LEFT       14 /* columns before the names */
#define INDENT_MAX 60

static void print_place(const struct printer *p, const struct row *row, uint32_t frame,
                        const struct mt_place *place, bool first) {
    const struct mt_report *r = p->report;
    char amount[MT_FORMAT_MAX], share[MT_FORMAT_MAX];
    unsigned indent = row->indent < INDENT_MAX ? row->indent : INDENT_MAX;
    if (first)
        fprintf(r->paper.out, "%6s  %4s  ", mt_report_amount(r, amount, row->weight),
                mt_format_share(share, row->weight, p->tree.nodes[0].weight));
    fprintf(r->paper.out, "%*s", (int)(first ? indent : LEFT + indent), "");
    size_t columns =
        r->paper.width > LEFT + indent + 24 ? r->paper.width - LEFT - indent : 24;
    mt_report_place(r, frame, place, columns, first);
    fputs("\n", r->paper.out);
}

/* The next node of a row: the one that all the weight comes from, if there is one. */
static uint32_t only_child(const struct mt_call_node *nodes, uint32_t node) {
    for (uint32_t i = nodes[node].child; i != 0; i = nodes[i].sibling)
        if (nodes[i].weight == nodes[node].weight)
            return i;
    return 0;
}

/* A row with the nodes that share it, one below the other without figures of their own. */
static void print_row(struct printer *p, struct rows *rows, struct row row) {
    const struct mt_call_node *nodes = p->tree.nodes;
    for (uint32_t node = row.node, next; node != 0; node = next) {
        uint32_t frame = nodes[node].frame;
        const struct mt_places *places = mt_symbols_at(p->report->symbols, frame);
        bool first = node == row.node;
        for (uint32_t i = places->count; i-- > 0;)
            if (mt_call_tree_shows(p->report, frame, &places->at[i])) {
                print_place(p, &row, frame, &places->at[i], first);
                first = false;
            }
        if (++row.level >= p->depth && p->depth > 0)
            break;
        next = only_child(nodes, node);
        if (next == 0) {
            row.indent += 2;
            push(p, rows, node, row);
        }
    }
}

void mt_report_tree(const struct mt_report *r) {
    unsigned depth = r->options->depth;
    struct printer p = {.report = r,
                        .tree = mt_call_tree_build(r),
                        .depth = depth == MT_REPORT_UNSET ? 0 : depth};
    struct rows rows = {0};
    char amount[MT_FORMAT_MAX];
    choose_least(&p);
    mt_report_heading(r, NULL, p.tree.nodes[0].weight);
    push(&p, &rows, 0, (struct row){0});
    while (rows.count > 0)
        print_row(&p, &rows, rows.at[--rows.count]);
    if (p.hidden > 0)
        fprintf(r->paper.out, "%s%*snot shown: %u below %s%s\n", mt_paper_faint(&r->paper),
                LEFT, "", p.hidden, mt_report_amount(r, amount, p.least),
                mt_paper_plain(&r->paper));
    free(rows.at);
    free(p.tree.nodes);
}
