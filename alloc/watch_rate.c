/*
 * Limits on the rate of allocation. Time is cut into slices of an eighth of limit_rate_s;
 * at the first step after one is over its average is known. The rate is held while each
 * slice's average is above the limit, and the program did not pause: no step for a slice's
 * length. Where it allocates a step less often than that, slices are longer.
 *
 * So a crossing is seen when the rate was above the limit for limit_rate_s, and a quarter
 * of that later at most: a slice to begin with, another to end with, and a step.
 */
#include "alloc/watch.h"
#include "base/alone.h"
#include "base/clock.h"
#include "base/quiet.h"

#define SLICES     8
#define FOUND_MOST 8 /* in one look; what others cross is seen by the next */

static _Atomic uint64_t due_ms;  /* the first slice that ends */
static _Atomic uint64_t last_ms; /* the last step */
static _Atomic unsigned changes; /* of the table */

/* Whoever is alone at MT_ALONE_RATE has this. */
static struct slice {
    uint32_t version;
    bool used, over;
    uint64_t start_us, start_bytes;
    uint64_t held_us, held_bytes; /* since when, 0: not held; from what on */
} slices[MT_WATCHES];

/* Bytes a second; what would overflow is more than memory can take. */
static uint64_t rate(uint64_t bytes, uint64_t us) {
    return bytes < UINT64_MAX / 1000000 ? bytes * 1000000 / (us ? us : 1)
                                        : bytes / (us / 1000000 + 1);
}

static void begin_slice(struct slice *slice, uint64_t now_us, uint64_t bytes) {
    slice->start_us = now_us;
    slice->start_bytes = bytes;
}

/* Without a step no thread has allocated more than the largest one: whether that is less
 * than half of what the limit is worth in that time. */
static bool is_pause(const struct mt_watch *watch, uint64_t gap_ms) {
    uint64_t threads = atomic_load_explicit(&mt_region_own->threads, memory_order_relaxed);
    return gap_ms >= watch->held_s * UINT64_C(1000) / SLICES &&
           watch->bytes / 1000 * gap_ms / 2 > (threads + 1) * MT_STEP_MOST;
}

/* At a slice's end. True if the limit is crossed by that; *value is the rate while held. */
static bool crosses(struct slice *slice, const struct mt_watch *watch, bool pause,
                    uint64_t now_us, uint64_t bytes, uint64_t *value) {
    uint64_t average =
        pause ? 0 : rate(bytes - slice->start_bytes, now_us - slice->start_us);
    if (average <= watch->bytes) {
        slice->held_us = 0;
        slice->over = slice->over && !mt_watch_rearms(average, watch->bytes);
    } else if (!slice->held_us) {
        slice->held_us = slice->start_us;
        slice->held_bytes = slice->start_bytes;
    }
    begin_slice(slice, now_us, bytes);
    if (!slice->held_us || slice->over ||
        now_us - slice->held_us < watch->held_s * UINT64_C(1000000))
        return false;
    *value = rate(bytes - slice->held_bytes, now_us - slice->held_us);
    return slice->over = true;
}

struct found {
    int number;
    uint64_t value;
    struct mt_watch watch;
};

/* True if the limit of that number is crossed. Brings *next forward to its slice's end. */
static bool look_at(int number, uint64_t gap_ms, uint64_t now_us, uint64_t bytes,
                    struct found *found, uint64_t *next_us) {
    struct mt_watch *watch = &found->watch;
    struct slice *slice = &slices[number - 1];
    uint32_t before = slice->version;
    bool used = mt_watch_read(number, MT_WATCH_RATE, watch, &slice->version);
    if (used && (!slice->used || slice->version != before)) {
        slice->over = false;
        slice->held_us = 0;
        begin_slice(slice, now_us, bytes);
    }
    slice->used = used;
    if (!used)
        return false;
    uint64_t length_us = watch->held_s * UINT64_C(1000000) / SLICES;
    bool crossed =
        now_us - slice->start_us >= length_us &&
        crosses(slice, watch, is_pause(watch, gap_ms), now_us, bytes, &found->value);
    found->number = number;
    if (slice->start_us + length_us < *next_us)
        *next_us = slice->start_us + length_us;
    return crossed;
}

/* With signals blocked: a handler that jumped out of here would leave the flag set. */
static int look(uint64_t gap_ms, struct found *found) {
    struct mt_quiet quiet;
    int count = 0;
    mt_quiet_begin(&quiet, MT_QUIET_MOST);
    if (mt_alone_begin(MT_ALONE_RATE)) {
        unsigned before = atomic_load(&changes);
        uint64_t now_us = mt_clock_monotonic_ns() / 1000, next_us = UINT64_MAX;
        uint64_t bytes = mt_watch_allocated();
        for (int number = 1, end = mt_watch_end(); number <= end; number++) {
            if (count < FOUND_MOST &&
                look_at(number, gap_ms, now_us, bytes, &found[count], &next_us))
                count++;
        }
        /* The coarse clock is behind, by a tick. */
        atomic_store(&due_ms, next_us == UINT64_MAX ? UINT64_MAX : next_us / 1000);
        if (atomic_load(&changes) != before) /* what came meanwhile is looked at, too */
            atomic_store(&due_ms, 0);
        mt_alone_end(MT_ALONE_RATE);
    }
    mt_quiet_end(&quiet);
    return count;
}

static MT_COLD void look_and_act(uint64_t gap_ms) {
    struct found found[FOUND_MOST + 1];
    int count = look(gap_ms, found);
    for (int i = 0; i < count; i++)
        mt_watch_act(found[i].number, &found[i].watch, 0, found[i].value, NULL);
}

void mt_watch_rate(void) {
    uint64_t now = mt_clock_monotonic_ms();
    uint64_t last = atomic_load_explicit(&last_ms, memory_order_relaxed);
    if (now != last)
        atomic_store_explicit(&last_ms, now, memory_order_relaxed);
    if (now >= atomic_load_explicit(&due_ms, memory_order_relaxed))
        look_and_act(now > last ? now - last : 0);
}

void mt_watch_rate_after_change(bool fork) {
    for (int i = 0; fork && i < MT_WATCHES; i++)
        slices[i].used = false; /* the bytes may count from zero */
    atomic_fetch_add(&changes, 1);
    atomic_store(&due_ms, 0);
}
