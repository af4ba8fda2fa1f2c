/* Sites whose shown functions are the same: one row of a report. */
#ifndef MT_CLI_GROUPS_H
#define MT_CLI_GROUPS_H

#include "cli/report.h"
#include "cli/stack_walk.h"

struct mt_group {
    uint32_t leaf;             /* of one of its stacks */
    struct mt_stack_walk head; /* at the function that asked for the memory */
    uint64_t key;
    uint32_t stacks;
    struct mt_model_sums sums;
    struct mt_model_sums before; /* for who compares: what they were */
    struct mt_model_sums first;
    uint64_t weight;
};

struct mt_groups {
    struct mt_group *at;
    uint32_t count;
    uint32_t *slots; /* open addressing: group + 1 */
    uint32_t mask;
};

/* Room for the groups of all sites of the report's model. */
struct mt_groups mt_groups_new(const struct mt_report *report);

/* The group of a stack, told apart by `depth` functions (0: all); made if it is new. */
struct mt_group *mt_groups_of(struct mt_groups *groups, const struct mt_report *report,
                              uint32_t leaf, unsigned depth);

/* Heaviest first; of equal ones the one with more allocations. The groups can't be looked
 * up any more. */
void mt_groups_sort(struct mt_groups *groups);

void mt_groups_free(struct mt_groups *groups);

#endif
