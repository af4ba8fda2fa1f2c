#include "cli/call_tree.h"

#include "cli/plumbing.h"
#include "cli/say.h"
#include "cli/stack_walk.h"
#include <stdlib.h>

struct build {
    const struct mt_report *report;
    struct mt_call_tree tree;
    uint64_t *weights; /* by frame, of what lies at and below it */
    uint32_t *node_of; /* by frame */
    uint32_t *slots;   /* open addressing by parent and label: node, 0 is empty */
    uint32_t mask;
};

bool mt_call_tree_shows(const struct mt_report *r, uint32_t frame,
                        const struct mt_place *place) {
    const struct mt_model_module *module =
        &r->model->modules[r->model->frames[frame].module];
    return !mt_plumbing_start(place) && !mt_plumbing_trampoline(place) &&
           !(place->inlined && mt_plumbing(module, place));
}

/* Goes to the next place of the frame that is shown, innermost first; false if none is. */
static bool next_shown(const struct mt_report *r, struct mt_stack_walk *walk) {
    const struct mt_places *places = mt_symbols_at(r->symbols, walk->frame);
    while (walk->place < places->count &&
           !mt_call_tree_shows(r, walk->frame, &places->at[walk->place]))
        walk->place++;
    return walk->place < places->count;
}

static bool same_label(const struct mt_report *r, uint32_t a, uint32_t b) {
    struct mt_stack_walk x = {a, 0}, y = {b, 0};
    for (;; x.place++, y.place++) {
        bool more = next_shown(r, &x);
        if (next_shown(r, &y) != more)
            return false;
        if (!more)
            return true;
        if (!mt_stack_same(r, &x, &y))
            return false;
    }
}

static uint64_t hash_label(const struct mt_report *r, uint32_t frame, uint32_t parent) {
    uint64_t hash = parent;
    for (struct mt_stack_walk walk = {frame, 0}; next_shown(r, &walk); walk.place++)
        hash = mt_stack_hash(r, &walk, hash);
    return hash;
}

static uint32_t node_of(struct build *b, uint32_t parent, uint32_t frame) {
    struct mt_call_node *nodes = b->tree.nodes;
    uint32_t at = (uint32_t)hash_label(b->report, frame, parent) & b->mask;
    for (; b->slots[at] != 0; at = (at + 1) & b->mask) {
        uint32_t node = b->slots[at];
        if (nodes[node].parent == parent && same_label(b->report, nodes[node].frame, frame))
            return node;
    }
    uint32_t node = b->tree.count++;
    b->slots[at] = node;
    nodes[node] = (struct mt_call_node){
        .frame = frame, .parent = parent, .sibling = nodes[parent].child};
    nodes[parent].child = node;
    return node;
}

/* Parents come before their frames: one pass from the end adds everything up. */
static void weigh_frames(struct build *b) {
    const struct mt_model *model = b->report->model;
    for (uint32_t i = 0; i < model->site_count; i++) {
        uint32_t frame = mt_stack_head(b->report, model->sites[i].frame, NULL).frame;
        b->weights[frame] +=
            mt_report_weight(&model->sites[i].sums, mt_report_sort(b->report));
    }
    for (uint32_t i = model->frame_count; i-- > 0;)
        if (model->frames[i].parent != MT_ROOT)
            b->weights[model->frames[i].parent] += b->weights[i];
}

static void merge_frames(struct build *b) {
    const struct mt_model *model = b->report->model;
    for (uint32_t i = 0; i < model->frame_count; i++) {
        uint32_t parent = model->frames[i].parent;
        uint32_t above = parent == MT_ROOT ? 0 : b->node_of[parent];
        struct mt_stack_walk walk = {i, 0};
        b->node_of[i] = above;
        if (b->weights[i] == 0)
            continue;
        if (next_shown(b->report, &walk))
            b->node_of[i] = node_of(b, above, i);
        if (b->node_of[i] != above)
            b->tree.nodes[b->node_of[i]].weight += b->weights[i];
        if (parent == MT_ROOT)
            b->tree.nodes[0].weight += b->weights[i];
    }
}

struct mt_call_tree mt_call_tree_build(const struct mt_report *r) {
    uint32_t frames = r->model->frame_count, room = 16;
    while (room < frames * 2)
        room *= 2;
    struct build b = {
        .report = r,
        .tree = {.nodes = mt_alloc((size_t)frames + 1, sizeof *b.tree.nodes), .count = 1},
        .weights = mt_alloc(frames, sizeof *b.weights),
        .node_of = mt_alloc(frames, sizeof *b.node_of),
        .slots = mt_alloc(room, sizeof *b.slots),
        .mask = room - 1,
    };
    weigh_frames(&b);
    merge_frames(&b);
    free(b.weights);
    free(b.node_of);
    free(b.slots);
    return b.tree;
}
