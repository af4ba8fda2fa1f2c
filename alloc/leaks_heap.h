/*
 * The blocks of a heap that stands still, for the marking of option leaks=reachable: two
 * bitmaps over the allocator's memory, which say where a block's header is and what is
 * known of the block, and a third for what is still to be looked at. Bits are by granules
 * of 16 bytes; all of it is 2.4 % of the heap.
 */
#ifndef MT_ALLOC_LEAKS_HEAP_H
#define MT_ALLOC_LEAKS_HEAP_H

#include "alloc/block.h"
#include "base/ranges.h"

/* What is known of a block. */
enum mt_leaks_mark { MT_MARK_NONE, MT_MARK_REACHED, MT_MARK_HEAD, MT_MARK_INDIRECT };

struct mt_leaks_area {
    uintptr_t from, to;
    uint64_t granule; /* the first one's number */
};

/* Three words of bits over the starts say where to go on when there is none near. */
#define MT_LEAKS_LEVELS 4

struct mt_leaks_heap {
    struct mt_leaks_area *area;
    size_t areas, last; /* the one that an address was in lately */
    /* The byte before the first area, and bytes from there to the last one's end. In a
     * static program this is among the program's data: an address within the heap would
     * lead to a block. */
    uintptr_t before, span;
    uint64_t granules;
    uint64_t *starts[MT_LEAKS_LEVELS], *marks, *pending;
    void *memory;
    size_t memory_bytes;
    struct mt_range *range; /* all that is not the program's, by address */
    size_t ranges;
};
extern MT_HIDDEN struct mt_leaks_heap mt_leaks_heap;

/* Lays the bitmaps out over the allocator's memory as it is now; false: no memory. What is
 * never touched of them takes none. All of these are MT_SIGNAL_SAFE, for one thread. */
bool mt_leaks_heap_begin(void);
void mt_leaks_heap_end(void);

/* Looks anew what is not the program's: with what was mapped since. */
void mt_leaks_heap_know_ranges(void);

/* Notes that a block's header is there. False: not in the allocator's memory. */
bool mt_leaks_heap_add(const struct mt_block *block, uint64_t *granule);

/* The area that holds an address, or NULL. */
const struct mt_leaks_area *mt_leaks_heap_area(uintptr_t address);

/* The last start at or before an address within an area; false: none. */
bool mt_leaks_heap_before(const struct mt_leaks_area *area, uintptr_t address,
                          uint64_t *granule, uintptr_t *header);

/* Has the processor fetch what that, and a look at the block, will read. */
MT_INLINE void mt_leaks_heap_fetch(const struct mt_leaks_area *area, uintptr_t address) {
    uint64_t granule = area->granule + ((address - area->from) >> 4);
    __builtin_prefetch(&mt_leaks_heap.starts[0][granule >> 6]);
    __builtin_prefetch(&mt_leaks_heap.marks[granule >> 6], 1);
    __builtin_prefetch((const void *)(address - sizeof(struct mt_header)));
}

/* Calls `each` for every start, or every one whose `pending` bit is set, which is cleared,
 * by address. */
void mt_leaks_heap_each(bool pending, void (*each)(uint64_t granule, uintptr_t header));

/* A block's mark lies in two bits, the header's granule's and the one behind it, which is
 * the block's own too. */
MT_INLINE enum mt_leaks_mark mt_leaks_mark(uint64_t granule) {
    const uint64_t *marks = mt_leaks_heap.marks;
    uint64_t next = granule + 1;
    return (enum mt_leaks_mark)((marks[granule >> 6] >> (granule & 63) & 1) |
                                (marks[next >> 6] >> (next & 63) & 1) << 1);
}
MT_INLINE void mt_leaks_set_mark(uint64_t granule, enum mt_leaks_mark mark) {
    uint64_t *marks = mt_leaks_heap.marks, next = granule + 1;
    uint64_t one = UINT64_C(1) << (granule & 63), two = UINT64_C(1) << (next & 63);
    marks[granule >> 6] = mark & 1 ? marks[granule >> 6] | one : marks[granule >> 6] & ~one;
    marks[next >> 6] = mark & 2 ? marks[next >> 6] | two : marks[next >> 6] & ~two;
}
MT_INLINE void mt_leaks_set_pending(uint64_t granule) {
    mt_leaks_heap.pending[granule >> 6] |= UINT64_C(1) << (granule & 63);
}

#endif
