/*
 * The frames of a summary as a tree of calls for people: what cannot be told apart when it
 * is printed is one node, functions that are never shown have none, and memory counts at
 * the function that asked for it.
 */
#ifndef MT_CLI_CALL_TREE_H
#define MT_CLI_CALL_TREE_H

#include "cli/report.h"

struct mt_call_node {
    uint32_t frame;          /* one of those that are this node */
    uint32_t parent;         /* index of a node before this one */
    uint32_t child, sibling; /* indices, 0 ends */
    uint64_t weight;         /* of what lies at and below the node */
};

struct mt_call_tree {
    struct mt_call_node *nodes; /* 0 is the root, no frame */
    uint32_t count;
};

struct mt_call_tree mt_call_tree_build(const struct mt_report *report);

/* Whether a place of a frame is printed. */
bool mt_call_tree_shows(const struct mt_report *report, uint32_t frame,
                        const struct mt_place *place);

#endif
