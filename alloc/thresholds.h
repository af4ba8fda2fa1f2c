/* Limits on live bytes: of the program (option limit_live) and of each site (limit_site).
 */
#ifndef MT_ALLOC_THRESHOLDS_H
#define MT_ALLOC_THRESHOLDS_H

/* Watches what the options ask for, from now on; called once, when summaries can be
 * written. Costs nothing where they ask for nothing. */
void mt_thresholds_start(void);

/* In a forked child: forgets a look that another thread of the parent was at. */
void mt_thresholds_after_fork(void);

#endif
