/*
 * Which memory of the process is not the program's: what the library and its allocator took
 * from the kernel. Kept in a bounded table of words, one a range, so that it can be read
 * while any other thread stands still anywhere.
 */
#ifndef MT_BASE_RANGES_H
#define MT_BASE_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MT_RANGES_MOST 8192u

enum mt_range_kind {
    MT_RANGE_OWN = 1, /* the library's tables */
    MT_RANGE_HEAP     /* the allocator's, with the program's blocks in it */
};

struct mt_range {
    uintptr_t from, to;
    enum mt_range_kind kind;
};

/* All of these are MT_SIGNAL_SAFE: no lock, errno untouched. */

/* Whole pages, after they were mapped. */
void mt_ranges_add(enum mt_range_kind kind, const void *at, size_t bytes);

/* Any part of what was added, before it is unmapped: it may be another's right after. */
void mt_ranges_remove(const void *at, size_t bytes);

/* False once a range of the heap did not fit (of the library's own that does not matter),
 * or two threads that removed parts of one range left what neither can tell. */
bool mt_ranges_complete(void);

/* Copies the ranges of both kinds, by address, adjacent ones of a kind as one; at most
 * MT_RANGES_MOST. */
size_t mt_ranges_copy(struct mt_range *to);

#endif
