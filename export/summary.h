/* Region -> summary in the native format (docs/FORMAT.md). */
#ifndef MT_EXPORT_SUMMARY_H
#define MT_EXPORT_SUMMARY_H

#include "track/region.h"
#include <stdbool.h>
#include <stdint.h>

/* Why a summary was written; the names are in export/summary.c and docs/FORMAT.md. */
enum mt_reason {
    MT_REASON_SIGNAL,
    MT_REASON_EXIT,
    MT_REASON_API,
    MT_REASON_OUTSIDE,   /* `mtalloc dump PID` */
    MT_REASON_RECORDING, /* read from a recorder's file */
    MT_REASON_LIMIT,     /* option limit_live or limit_site */
    MT_REASON_INTERVAL,  /* option interval */
    MT_REASON_PEAK,      /* option on_peak */
    MT_REASON_CORE,      /* `mtalloc dump --core` */
    MT_REASON_COUNT
};

/* The name of a reason in summaries and file names: "signal". */
const char *mt_reason_name(enum mt_reason reason);

/* Process figures that are not in the region, taken by whoever exports. Each of the first
 * five may be MT_UNKNOWN. */
#define MT_UNKNOWN UINT64_MAX
struct mt_resources {
    uint64_t rss_bytes, rss_peak_bytes, cpu_user_us, cpu_system_us, threads;
    uint64_t now_unix_ms, uptime_ms;
    bool known; /* false: the process is gone, print null */
};

/* Where a summary goes, and how much of it. */
struct mt_summary_target {
    int fd;
    uint64_t max_bytes; /* of the file: past it, the remaining sites are left out and an
                           event says how many */
    bool strict;        /* at the least; the region may ask for it, too */
    bool sealed;        /* as mt_seal_use() said */
};

/* Notes the options in force that say what may leave, in a region of one's own. */
void mt_summary_scope(struct mt_region *region);

/*
 * Writes the summary of `region` (which passed mt_region_check).
 *
 * Returns 0 or a negative errno. MT_SIGNAL_SAFE: no malloc, no lock, no stdio; needs less
 * than 8 KiB of stack. One call at a time: the caller holds the
 * single-flight flag, since the write buffer is static.
 */
int mt_summary_write(const struct mt_region *region, const struct mt_summary_target *target,
                     enum mt_reason reason, const struct mt_resources *resources);

#endif
