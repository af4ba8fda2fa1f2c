/*
 * limits.h: limits on what libmtalloc counts, set by the program. Part of mtalloc.h, which
 * is what to include. counts.h says how structures with a `size` grow.
 */
#ifndef MTALLOC_LIMITS_H
#define MTALLOC_LIMITS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What is compared with the limit. */
enum {
    MTALLOC_LIMIT_LIVE = 1, /* live bytes of the program, as option limit_live */
    MTALLOC_LIMIT_SITE = 2, /* live bytes of any one site, as limit_site */
    MTALLOC_LIMIT_RATE = 3, /* bytes allocated a second, as limit_rate */
    MTALLOC_LIMIT_ALLOC = 4 /* the size of one allocation, as limit_alloc */
};

/* What is done at a crossing, in this order, the signal and the call before the end. */
enum {
    MTALLOC_DO_LOG = 1,  /* a line in the log, as option limit_action=log */
    MTALLOC_DO_DUMP = 2, /* a summary */
    MTALLOC_DO_ABORT = 4 /* the end, by SIGABRT */
};

struct mtalloc_crossing {
    uint32_t size;      /* as the library filled it in */
    uint32_t kind;      /* MTALLOC_LIMIT_LIVE … */
    int32_t limit;      /* as mtalloc_add_limit() returned it */
    uint32_t frame;     /* of the site that crossed, for mtalloc_read_frame(); or 0 */
    uint64_t signature; /* of that site, or 0 */
    uint64_t value;     /* bytes, or bytes a second */
    uint64_t bytes;     /* the limit's */
};

typedef void (*mtalloc_limit_callback)(const struct mtalloc_crossing *crossing,
                                       void *context);

struct mtalloc_limit {
    uint32_t size;    /* sizeof(struct mtalloc_limit) */
    uint32_t kind;    /* MTALLOC_LIMIT_LIVE … */
    uint64_t bytes;   /* 1 to 2^40; bytes a second for MTALLOC_LIMIT_RATE */
    uint32_t seconds; /* how long a rate has to be held, 1 to 3600; 0 for the others */
    uint32_t actions; /* MTALLOC_DO_LOG | … */
    int32_t signal;   /* sent to the process, or 0; none that reports faults or cannot be
                         caught */
    uint32_t zero;    /* 0 */
    mtalloc_limit_callback call; /* or NULL */
    void *context;               /* handed to `call` */
};

/*
 * Watches a limit from now on, beside those of the options; at most 16 in all. A crossing
 * is one event: the limit is armed again below nine tenths of it (for a single allocation:
 * once for each site, and for 256 pairs of a limit that is set and a site). What is above
 * it already counts as a crossing. Seen within 1 MiB or 1 % of the limit, where the options
 * say the same (mtalloc(1)); never by a clock, so a program that does not allocate crosses
 * nothing. Bytes that belong to no site, those of [untracked] and [overflow] for instance,
 * cross no limit of MTALLOC_LIMIT_SITE.
 *
 * `call` runs in the thread whose malloc or free was on its way, before that returns. It
 * may allocate, free and call anything of mtalloc.h; no other callback interrupts it in
 * that thread, while other threads may come to call it at the same time. The program may
 * hold locks of its own there, those of stdio among them, as in a signal handler. It must
 * return. errno is kept.
 *
 * Limits on single allocations below 1 MiB need option limit_alloc (of any size below that)
 * at the program's start, since such allocations are not looked at otherwise.
 *
 * Returns a number, which is positive, or -EINVAL for a structure that is none of the
 * above, -E2BIG for one of a later version with a field set that is not known here, -ENOSPC
 * when 16 are set, -ENOTSUP under `off`, without memory for the tables, or below 1 MiB as
 * said. errno is left alone.
 *
 * Thread-safe. Async-signal-safe. Since 0.1.
 */
int mtalloc_add_limit(const struct mtalloc_limit *limit);

/*
 * Watches it no longer. A call that another thread has begun may still be running. Returns
 * 0, or -EINVAL for an unknown number or one of an option's. errno is left alone.
 *
 * Thread-safe. Async-signal-safe. Since 0.1.
 */
int mtalloc_remove_limit(int limit);

#ifdef __cplusplus
}
#endif
#endif
