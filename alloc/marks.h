/* Marks: what was counted at a moment, for counts since then (mtalloc_mark()). */
#ifndef MT_ALLOC_MARKS_H
#define MT_ALLOC_MARKS_H

#include "track/region_make.h"

struct mt_mark {
    struct mt_totals totals;
    uint32_t sites; /* that there were; those made since had counted nothing */
    struct mt_site_sums *site;
};

/* Keeps a mark from being changed; 0 is one of zeros. *error says why it is NULL.
 * MT_SIGNAL_SAFE. */
const struct mt_mark *mt_mark_hold(int mark, int *error);
void mt_mark_release(int mark);

/* The sums over all shards, frees before allocations. MT_SIGNAL_SAFE. */
void mt_mark_totals(struct mt_totals *out);

/* In a forked child: forgets what other threads of the parent were at. `anew`: it counts
 * from zero. */
void mt_marks_after_fork(bool anew);

#endif
