/*
 * Quarantine: freed blocks wait, filled, before their memory is used again. A write into
 * one shows when it leaves, or at exit; a second free of one is seen whatever was
 * allocated in between, and both frees have a stack.
 */
#ifndef MT_ALLOC_QUARANTINE_H
#define MT_ALLOC_QUARANTINE_H

#include "alloc/block.h"

/* True when some freed blocks wait. Set at start. */
extern MT_HIDDEN bool mt_quarantine_on;

/* Prepares it as the options say. Without memory for it, says so and stays off. */
void mt_quarantine_start(const struct mt_options *options);

/* True if this block is to wait. */
bool mt_quarantine_wants(const struct mt_block *block, int flags);

/* Turns a live header into a quarantined one; false if somebody else freed the block in
 * this moment. */
bool mt_quarantine_claim(const struct mt_block *block);

/* Takes in a claimed block, whose end is counted; others may have to leave.
 * MT_SIGNAL_SAFE as far as freeing is. */
void mt_quarantine_add(struct mt_thread *thread, const struct mt_block *block,
                       uintptr_t entry);

/* Lets all blocks go, when memory is out. False if there were none. */
bool mt_quarantine_drain(void);

/* True while blocks wait. */
bool mt_quarantine_holds(void);

/* Verifies all blocks, at exit. They stay where they are for ever. */
void mt_quarantine_verify(void);

/* Verifies all blocks while the program goes on; they go on waiting. Those that are damaged
 * are reported and set aside. Returns their number, after which what `on_error` says is the
 * caller's to do. */
unsigned mt_quarantine_check(void);

/* The same in parts: from where the last one ended, for `budget_ms` and one block more.
 * True when all of them were verified. */
struct mt_quarantine_part {
    unsigned ring;
    uint64_t at;      /* both 0: the beginning */
    unsigned damaged; /* in all parts */
};
bool mt_quarantine_check_part(struct mt_quarantine_part *part, uint64_t budget_ms);

/* Where a block that waits, or that left and whose memory is not in use again, was freed;
 * 0 if that is not known. Reads the first 16 bytes of the block. MT_SIGNAL_SAFE. */
uint32_t mt_quarantine_free_site(void *user);

#endif
