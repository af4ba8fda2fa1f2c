/*
 * Heap errors: one line that a machine can grep, the stacks, an event in the region, and
 * then what option `on_error` says. Never contents, never addresses.
 */
#ifndef MT_ALLOC_REPORT_H
#define MT_ALLOC_REPORT_H

#include "alloc/block.h"

/* All of these are MT_SIGNAL_SAFE. Where the heap's state is unknown they end the process
 * unless on_error=report; the block must then be set aside by the caller. */

/* No valid header: a double free, or a pointer that never was a block, or an underflow, or
 * an overflow of the block before. */
void mt_report_fault(struct mt_thread *thread, void *user, enum mt_block_fault fault,
                     uintptr_t entry);

/* A damaged canary. */
void mt_report_overflow(struct mt_thread *thread, const struct mt_block *block,
                        uintptr_t entry);

/* The same, found by the heap check, which hands over what it read of the canary since the
 * block may be freed at any time. False: nothing new. It goes on whatever `on_error` says;
 * mt_report_found_end() follows when all is looked at. */
bool mt_report_overflow_found(const struct mt_block *block, unsigned __int128 damage);
void mt_report_found_end(void);

/* Likewise a header that was written over; `known`: not only where the block is. */
bool mt_report_underflow_found(const struct mt_block *block, bool known);

/* A block in quarantine was written: from `first`, over `bytes` bytes; or its header was,
 * and nothing is known of it. mt_report_found_end() follows here, too. */
void mt_report_write_after_free(const struct mt_block *block, size_t first, size_t bytes,
                                uint32_t free_site);
void mt_report_freed_header(uint32_t free_site);

/* Harmless mismatches: reported once per site, the program goes on (unless on_error=abort).
 */
void mt_report_kind(struct mt_thread *thread, const struct mt_block *block,
                    enum mt_kind freed, uintptr_t entry);
void mt_report_size(struct mt_thread *thread, const struct mt_block *block, size_t said,
                    uintptr_t entry);
void mt_report_alignment(struct mt_thread *thread, const struct mt_block *block,
                         size_t said, uintptr_t entry);

#endif
