/* Limits: on live bytes of the program (option limit_live) and of each site (limit_site),
 * on the rate of allocation (limit_rate), on single allocations (limit_alloc). */
#ifndef MT_ALLOC_THRESHOLDS_H
#define MT_ALLOC_THRESHOLDS_H

/* Watches what the options ask for. The first is about single allocations, from the start;
 * the second is called once, when summaries can be written. Cost nothing where the options
 * ask for nothing. */
void mt_thresholds_boot(void);
void mt_thresholds_start(void);

/* In a forked child: forgets a look that another thread of the parent was at. */
void mt_thresholds_after_fork(void);

#endif
