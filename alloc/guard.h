/*
 * Guard slots: blocks on pages of their own, against a page that nobody may touch. An
 * access past such a block, or to it once it is freed, faults at the instruction, and the
 * handler of SIGSEGV (guard_signal.c) says whose block it was.
 *
 *   | guard | slot 0: 2^c pages | guard | slot 1 | guard | …      a zone for each class c
 *
 * Only the pages that a live block lies on are open. What is known of a slot is kept
 * outside of it; the block has its usual header, marked so that free takes the general way.
 */
#ifndef MT_ALLOC_GUARD_H
#define MT_ALLOC_GUARD_H

#include "alloc/header.h"
#include "base/options.h"
#include "base/pages.h"
#include "track/pick.h"

struct mt_request;

/* All slots of this process; 0 bytes where there are none. Set at start. */
extern MT_HIDDEN uintptr_t mt_guard_base;
extern MT_HIDDEN size_t mt_guard_bytes;
/* Every block is to have a slot. */
extern MT_HIDDEN bool mt_guard_all;

MT_INLINE bool mt_guard_holds(const void *at) {
    return MT_UNLIKELY((uintptr_t)at - mt_guard_base < mt_guard_bytes);
}

/* Reserves the slots as the options say. Without room, says so and stays off. */
void mt_guard_start(const struct mt_options *options);

/* Takes SIGSEGV. Called once, when the C library is ready. */
void mt_guard_start_signal(void);

/* In a forked child, which has one thread. */
void mt_guard_after_fork(void);

/* True if the next block of this thread, which may be NULL, is to have a slot. */
bool mt_guard_wants(struct mt_thread *thread, const struct mt_request *request);

/* Zeroed memory for a block, its header before it; NULL: no slot is to be had.
 * MT_SIGNAL_SAFE. */
void *mt_guard_take(size_t size, unsigned log2_alignment);

/* Writes down what the block in a taken slot is, and marks its header. */
void mt_guard_note(void *user, const struct mt_block_facts *facts, unsigned log2_alignment);

/* A block in a slot ends against the guard page where its size allows it: no canary. */
MT_INLINE bool mt_guard_ends_bare(const void *user, size_t size) {
    return mt_guard_holds(user) && !(((uintptr_t)user + size) & (MT_PAGE_BYTES - 1));
}

/* The canary behind a block of any place. */
void mt_guard_write_canary(void *user, size_t size);

#endif
