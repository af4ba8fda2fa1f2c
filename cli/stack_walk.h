/* A stack as a reader sees it: functions, inlined ones too, from the inside out. */
#ifndef MT_CLI_STACK_WALK_H
#define MT_CLI_STACK_WALK_H

#include "cli/report.h"

struct mt_stack_walk {
    uint32_t frame; /* index in frames, MT_ROOT after the outermost */
    uint32_t place; /* in the frame's places */
};

/* The function that asked for the memory of a site, behind what only passed the request on;
 * `inner` (may be NULL) is set to the one it called, MT_ROOT if it called malloc itself. */
struct mt_stack_walk mt_stack_head(const struct mt_report *report, uint32_t leaf,
                                   struct mt_stack_walk *inner);

/* One function outwards. */
void mt_stack_out(const struct mt_report *report, struct mt_stack_walk *walk);

/* NULL after the outermost. */
const struct mt_place *mt_stack_place(const struct mt_report *report,
                                      const struct mt_stack_walk *walk);

/* Whether two functions look the same when they are printed; a hash that is equal then. */
bool mt_stack_same(const struct mt_report *report, const struct mt_stack_walk *a,
                   const struct mt_stack_walk *b);
uint64_t mt_stack_hash(const struct mt_report *report, const struct mt_stack_walk *walk,
                       uint64_t before);

#endif
