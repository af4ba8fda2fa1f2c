/* Which pages there is any use in reading: the others hold zeros, or what a file has. */
#ifndef MT_ALLOC_RESIDENT_H
#define MT_ALLOC_RESIDENT_H

#include <stddef.h>
#include <stdint.h>

#define MT_RESIDENT_PAGES ((size_t)4096) /* in one call */

/* /proc/self/pagemap, which tells what is swapped out from what was never there; a
 * descriptor or a negative errno. MT_SIGNAL_SAFE. */
int mt_resident_open(void);

/* Sets out[i] to 1 or 0 for `pages` pages from `from`. With `pagemap` -1 pages that are
 * swapped out count as not there. What is not mapped may be said to be there.
 * MT_SIGNAL_SAFE; one thread at a time. */
void mt_resident(int pagemap, uintptr_t from, size_t pages, unsigned char *out);

#endif
