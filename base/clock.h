/* Clocks. The vdso answers; no system call in the usual case. MT_SIGNAL_SAFE. */
#ifndef MT_BASE_CLOCK_H
#define MT_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t mt_clock_ns(clockid_t clock) {
    struct timespec now = {0, 0};
    (void)clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline uint64_t mt_clock_monotonic_ns(void) {
    return mt_clock_ns(CLOCK_MONOTONIC);
}
static inline uint64_t mt_clock_monotonic_ms(void) {
    return mt_clock_ns(CLOCK_MONOTONIC_COARSE) / 1000000u;
}
static inline uint64_t mt_clock_unix_ms(void) {
    return mt_clock_ns(CLOCK_REALTIME) / 1000000u;
}

#endif
