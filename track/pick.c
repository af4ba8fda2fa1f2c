#include "track/pick.h"

#include "base/random.h"
#include "track/sample.h"

uint64_t mt_pick_mean;
static uint64_t seed;

void mt_pick_start(uint64_t mean) {
    mt_pick_mean = mean;
    mt_random(&seed, sizeof seed);
}

/* How many IDs are passed over: geometric, N - 1 in the mean. An exponential variate of
 * mean -1 / ln(1 - 1/N), cut down to a whole number, is just that; these are the first
 * terms. */
static uint64_t draw(struct mt_thread *thread) {
    double n = (double)mt_pick_mean;
    return mt_pick_mean > 1
               ? mt_sample_distance(&thread->pick_random,
                                    n - 1. / 2 - 1 / (12 * n) - 1 / (24 * n * n))
               : 0;
}

void mt_pick_start_thread(struct mt_thread *thread) {
    thread->pick = thread->picked = 0;
    if (!mt_pick_mean)
        return;
    thread->pick_random = seed ^ (uint64_t)thread->serial << 32;
    thread->pick_left = draw(thread);
}

/* What is left of the hand is dealt anew, so that no ID is lost: they are the same in every
 * run. */
void mt_pick_after_fork(struct mt_thread *thread) {
    if (!mt_pick_mean)
        return;
    seed += mt_random_of_child();
    if (!thread || !thread->shard)
        return;
    uint64_t held = thread->pick, from = thread->next_id, end = thread->id_end;
    uint64_t rest = held & ((1u << MT_PICK_REST_BITS) - 1);
    if (held && end)
        end = (held >> MT_PICK_REST_BITS) + 1 + rest;
    mt_pick_start_thread(thread);
    if (from < end)
        mt_pick_deal(thread, from, end);
}

/* The first ID is put in place last, where it was marked that this was going on: if a
 * handler has dealt in between, that mark is gone, and so are the IDs up to the pick. */
void mt_pick_deal(struct mt_thread *thread, uint64_t from, uint64_t end) {
    uint64_t dealing = UINT64_C(1) << 63, held = 0, stop = end;
    *(volatile uint64_t *)&thread->next_id = dealing;
    if (mt_pick_mean && thread->pick_left < end - from) {
        stop = from + thread->pick_left;
        held = stop << MT_PICK_REST_BITS | (end - stop - 1);
        thread->pick_left = draw(thread);
    } else if (mt_pick_mean)
        thread->pick_left -= end - from;
    *(volatile uint64_t *)&thread->pick = held;
    *(volatile uint64_t *)&thread->id_end = stop;
    (void)__atomic_compare_exchange_n(&thread->next_id, &dealing, from, false,
                                      __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

uint64_t mt_pick_take(struct mt_thread *thread) {
    uint64_t held = __atomic_exchange_n(&thread->pick, 0, __ATOMIC_RELAXED);
    uint64_t picked = held >> MT_PICK_REST_BITS,
             rest = held & ((1u << MT_PICK_REST_BITS) - 1);
    if (!picked)
        return 0;
    mt_pick_deal(thread, picked + 1, picked + 1 + rest);
    thread->picked = picked;
    return picked;
}
