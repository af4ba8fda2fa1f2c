/*
 * One allocation in N, at random (option guard=N), at no cost to the others: the IDs in
 * hand end before the one that is picked, so that its allocation takes the rare end of a
 * batch.
 */
#ifndef MT_TRACK_PICK_H
#define MT_TRACK_PICK_H

#include "track/thread.h"

/* thread->pick: an ID, and how many of its batch are behind it. */
#define MT_PICK_REST_BITS 16

/* N; 0: none is picked. Set once, before the first thread starts. */
extern MT_HIDDEN uint64_t mt_pick_mean;

/* Draws the seed of all threads' sequences, which differ from run to run: a program that is
 * started often is to have other blocks picked each time. */
void mt_pick_start(uint64_t mean);

/* Begins a thread's sequence. */
void mt_pick_start_thread(struct mt_thread *thread);

/* In a forked child: other picks than its parent and its siblings have. NULL: the thread
 * that is left has not begun. */
void mt_pick_after_fork(struct mt_thread *thread);

/* Puts the IDs from `from` to before `end` into the thread's hand, up to the next pick. A
 * signal handler may come in between and do the same: IDs are then lost, none is given out
 * twice. */
void mt_pick_deal(struct mt_thread *thread, uint64_t from, uint64_t end);

/* The ID that was held back, and the rest of its batch into the hand; 0: none was. */
uint64_t mt_pick_take(struct mt_thread *thread);

/* True if the thread's next allocation is a picked one. */
MT_INLINE bool mt_pick_next(const struct mt_thread *thread) {
    return thread->pick && thread->next_id >= thread->pick >> MT_PICK_REST_BITS;
}

/* True if this ID, which the thread has just been given, was picked. */
MT_INLINE bool mt_pick_was(const struct mt_thread *thread, uint64_t id) {
    return MT_UNLIKELY(thread->picked == id);
}

#endif
