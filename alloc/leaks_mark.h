/*
 * Which blocks something leads to: conservative marking over mt_leaks_heap. Any aligned
 * word that is an address within a block, or of its header, or one past its end, leads to
 * it.
 */
#ifndef MT_ALLOC_LEAKS_MARK_H
#define MT_ALLOC_LEAKS_MARK_H

#include "alloc/leaks_heap.h"

/* With `still` no other thread runs, and what lies on the page of a block's header is read
 * where it is; all else is copied with process_vm_readv. `pagemap` is mt_resident_open()'s.
 * At `until_ms` it gives up: mt_leaks_mark_late(). False: no memory. All of these are
 * MT_SIGNAL_SAFE, for one thread. */
bool mt_leaks_mark_begin(bool still, int pagemap, uint64_t until_ms);
void mt_leaks_mark_end(void);
bool mt_leaks_mark_late(void);

/* A word, or memory, that is the program's. Without `swapping` what is not resident is left
 * out. What cannot be read is passed over. */
void mt_leaks_mark_word(uintptr_t word);
void mt_leaks_mark_memory(uintptr_t from, uintptr_t to, bool swapping);

/* Goes on from the words so far, and from pending blocks, as far as they lead. */
void mt_leaks_mark_blocks(void);

/* Tells the blocks that none of that led to apart: those that only others of them lead to
 * become MT_MARK_INDIRECT, one of each ring and the rest MT_MARK_HEAD. */
void mt_leaks_mark_heads(void);

/* Reads the header there. False: it is no live block's (any more). */
bool mt_leaks_open(uintptr_t header, struct mt_block *block);

#endif
