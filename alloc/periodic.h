/* Summaries that nobody asks for one by one: options interval and on_peak. */
#ifndef MT_ALLOC_PERIODIC_H
#define MT_ALLOC_PERIODIC_H

/* Called now and then within the program's allocations; when its bytes moved by a step. */
void mt_periodic_interval(void);
void mt_periodic_peak(void);

/* In a forked child, whose intervals begin anew. */
void mt_periodic_after_fork(void);

#endif
