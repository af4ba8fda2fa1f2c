#include "cli/groups.h"

#include "cli/say.h"
#include <stdlib.h>

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

struct mt_groups mt_groups_new(const struct mt_report *r) {
    uint32_t room = 16;
    while (room < r->model->site_count * 2)
        room *= 2;
    return (struct mt_groups){.at = mt_alloc(r->model->site_count, sizeof(struct mt_group)),
                              .slots = mt_alloc(room, sizeof(uint32_t)),
                              .mask = room - 1};
}

struct mt_group *mt_groups_of(struct mt_groups *groups, const struct mt_report *r,
                              uint32_t leaf, unsigned depth) {
    struct mt_stack_walk head = mt_stack_head(r, leaf, NULL);
    uint64_t key = key_of(r, head, depth);
    uint32_t at = (uint32_t)(key >> 32) & groups->mask;
    for (; groups->slots[at] != 0; at = (at + 1) & groups->mask) {
        struct mt_group *group = &groups->at[groups->slots[at] - 1];
        if (group->key == key && same(r, group->head, head, depth))
            return group;
    }
    groups->at[groups->count] = (struct mt_group){.leaf = leaf, .head = head, .key = key};
    groups->slots[at] = ++groups->count;
    return &groups->at[groups->count - 1];
}

static int heavier(const void *a, const void *b) {
    const struct mt_group *x = a, *y = b;
    if (x->weight != y->weight)
        return x->weight < y->weight ? 1 : -1;
    return x->sums.allocs != y->sums.allocs ? (x->sums.allocs < y->sums.allocs ? 1 : -1)
                                            : 0;
}

void mt_groups_sort(struct mt_groups *groups) {
    qsort(groups->at, groups->count, sizeof *groups->at, heavier);
}

void mt_groups_free(struct mt_groups *groups) {
    free(groups->at);
    free(groups->slots);
    *groups = (struct mt_groups){0};
}
