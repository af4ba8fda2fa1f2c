#include "track/pick.h"

#include "base/random.h"
#include "track/sample.h"

uint64_t mt_pick_mean;
static uint64_t seed;

void mt_pick_start(uint64_t mean) {
    mt_pick_mean = mean;
    mt_random(&seed, sizeof seed);
}

/* How many IDs are passed over: geometric, N - 1 in the mean. */
static uint64_t draw(struct mt_thread *thread) {
    return mt_pick_mean > 1
               ? mt_sample_distance(&thread->pick_random, (double)mt_pick_mean - 0.5)
               : 0;
}

void mt_pick_start_thread(struct mt_thread *thread) {
    thread->pick = thread->picked = thread->batch_end = 0;
    if (!mt_pick_mean)
        return;
    thread->pick_random = seed ^ (uint64_t)thread->serial << 32;
    thread->pick_left = draw(thread);
}

void mt_pick_deal(struct mt_thread *thread, uint64_t from, uint64_t end) {
    uint64_t held = 0, stop = end;
    *(volatile uint64_t *)&thread->id_end = 0;
    *(volatile uint64_t *)&thread->next_id = from;
    if (mt_pick_mean && thread->pick_left < end - from) {
        held = stop = from + thread->pick_left;
        thread->pick_left = draw(thread);
    } else if (mt_pick_mean)
        thread->pick_left -= end - from;
    *(volatile uint64_t *)&thread->batch_end = end;
    *(volatile uint64_t *)&thread->pick = held;
    *(volatile uint64_t *)&thread->id_end = stop;
}

/* Where the batch ends is read first: a handler that deals in between deals later IDs. */
uint64_t mt_pick_take(struct mt_thread *thread) {
    uint64_t end = *(volatile uint64_t *)&thread->batch_end;
    uint64_t picked = __atomic_exchange_n(&thread->pick, 0, __ATOMIC_RELAXED);
    if (!picked)
        return 0;
    mt_pick_deal(thread, picked + 1, end > picked ? end : picked + 1);
    thread->picked = picked;
    return picked;
}
