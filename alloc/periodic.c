/*
 * There is no timer and no thread of ours: time is looked at when a thread takes new
 * allocation IDs, every few thousand allocations, and the peak when bytes moved by a step.
 * A program that allocates nothing writes nothing.
 */
#include "alloc/periodic.h"

#include "base/clock.h"
#include "base/options.h"
#include "export/dump.h"
#include "track/region_make.h"

/* The first peak that is worth a file, so that a start is not twenty of them. */
#define PEAK_LEAST (1u << 20)

static _Atomic uint64_t next_ms; /* 0: not yet begun */
static _Atomic int64_t dumped_peak;

static bool interval_is_over(void) {
    uint64_t interval_ms = mt_options->interval * 1000, now = mt_clock_monotonic_ms();
    uint64_t due = atomic_load_explicit(&next_ms, memory_order_relaxed);
    if (!due)
        due = mt_region_own->start_monotonic_ms + interval_ms;
    if (now < due)
        return false;
    uint64_t before = atomic_load(&next_ms);
    return before <= due &&
           atomic_compare_exchange_strong(&next_ms, &before, now + interval_ms);
}

static bool peak_has_grown(void) {
    int64_t peak = atomic_load_explicit(&mt_region_own->peak_bytes, memory_order_relaxed);
    int64_t last = atomic_load_explicit(&dumped_peak, memory_order_relaxed);
    if (peak < PEAK_LEAST || peak - last <= last / 100 * (int64_t)mt_options->on_peak)
        return false;
    return atomic_compare_exchange_strong(&dumped_peak, &last, peak);
}

void mt_periodic_interval(void) {
    if (mt_options->interval && interval_is_over())
        (void)mt_dump(MT_REASON_INTERVAL);
}

void mt_periodic_peak(void) {
    if (mt_options->on_peak && peak_has_grown())
        (void)mt_dump(MT_REASON_PEAK);
}

void mt_periodic_after_fork(void) {
    if (mt_options->interval)
        atomic_store(&next_ms, mt_clock_monotonic_ms() + mt_options->interval * 1000);
    atomic_store(&dumped_peak, atomic_load(&mt_region_own->peak_bytes));
}
