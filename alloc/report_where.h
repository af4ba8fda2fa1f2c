/* What an address is that was freed and is no block: for reports. Reads only what it has
 * proven readable. MT_SIGNAL_SAFE. */
#ifndef MT_ALLOC_REPORT_WHERE_H
#define MT_ALLOC_REPORT_WHERE_H

#include "alloc/report_print.h"

/* On a stack, among the arguments, in a module: says so in the finding and is true. */
bool mt_where_program(struct mt_thread *thread, const void *user, uintptr_t entry,
                      struct mt_finding *finding);

/* The live block, or failing that the freed one, that a pointer into its middle belongs
 * to. */
bool mt_where_inside(const void *user, struct mt_block *block, enum mt_state *state);

/* The block before `user` whose end is damaged and reaches up to the header of `user`. */
bool mt_where_overrun(const void *user, struct mt_block *block);

/* True if the header before `user` lies right behind that block's size class. */
bool mt_where_next(const struct mt_block *block, const void *user);

/* Whether a block begins at `user`, though its header says nothing; what it was, if that is
 * `known`. */
bool mt_where_underwritten(void *user, struct mt_block *block, bool *known);

#endif
