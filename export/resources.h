/* What the kernel says about a process: memory, processor time, threads. */
#ifndef MT_EXPORT_RESOURCES_H
#define MT_EXPORT_RESOURCES_H

#include "export/summary.h"
#include <stdbool.h>
#include <stdint.h>

/* Milliseconds begun since `start_monotonic_ms`: never 0, which a summary keeps for "not
 * known". MT_SIGNAL_SAFE. */
uint64_t mt_resources_uptime_ms(uint64_t start_monotonic_ms);

/* This process. `start_monotonic_ms` is the region's. Figures that the kernel does not
 * give (no /proc in a chroot) are MT_UNKNOWN. MT_SIGNAL_SAFE. */
void mt_resources_self(uint64_t start_monotonic_ms, struct mt_resources *out);

/* This process, where the kernel must not be asked: the clocks only. MT_SIGNAL_SAFE. */
void mt_resources_none(uint64_t start_monotonic_ms, struct mt_resources *out);

/* Another process. False, with `known` false, when it is gone; the clocks are set anyway.
 */
bool mt_resources_of(uint32_t pid, uint64_t start_monotonic_ms, struct mt_resources *out);

#endif
