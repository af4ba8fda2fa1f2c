/* The public calls of limits.h. */
#include "alloc/watch.h"
#include "base/option_values.h"

#include <errno.h>
#include <string.h>

#define BYTES_MOST   (UINT64_C(1) << 40)
#define SECONDS_MOST 3600

/* What the structure was when it first was: never to be changed. */
#define LIMIT_FIRST (offsetof(struct mtalloc_limit, context) + sizeof(void *))
_Static_assert(LIMIT_FIRST == 48, "part of the ABI");
_Static_assert(sizeof(struct mtalloc_crossing) == 40, "grows at its end only");
_Static_assert((int)MTALLOC_DO_LOG == (int)MT_LIMIT_LOG &&
                   (int)MTALLOC_DO_DUMP == (int)MT_LIMIT_DUMP &&
                   (int)MTALLOC_DO_ABORT == (int)MT_LIMIT_ABORT,
               "handed on as they are");

static bool possible(const struct mtalloc_limit *limit) {
    const uint32_t known = MTALLOC_DO_LOG | MTALLOC_DO_DUMP | MTALLOC_DO_ABORT;
    bool rate = limit->kind == MTALLOC_LIMIT_RATE;
    return limit->kind >= MTALLOC_LIMIT_LIVE && limit->kind <= MTALLOC_LIMIT_ALLOC &&
           limit->bytes >= 1 && limit->bytes <= BYTES_MOST && !limit->zero &&
           (rate ? limit->seconds >= 1 && limit->seconds <= SECONDS_MOST
                 : limit->seconds == 0) &&
           !(limit->actions & ~known) &&
           (!limit->signal ||
            (limit->signal > 0 && mt_option_signal_fits((uint64_t)limit->signal))) &&
           (limit->actions || limit->signal || limit->call);
}

/* Takes the structure, which may be older or newer than this one. */
static int take(const struct mtalloc_limit *from, struct mtalloc_limit *to) {
    *to = (struct mtalloc_limit){0};
    if (!from || from->size < LIMIT_FIRST)
        return -EINVAL;
    for (uint32_t at = sizeof *to; at < from->size; at++)
        if (((const char *)from)[at])
            return -E2BIG;
    memcpy(to, from, from->size < sizeof *to ? from->size : sizeof *to);
    return possible(to) ? 0 : -EINVAL;
}

MT_EXPORT int mtalloc_add_limit(const struct mtalloc_limit *limit) {
    struct mtalloc_limit taken;
    (void)mt_enter();
    if (mt_off || !mt_region_own)
        return -ENOTSUP;
    int result = take(limit, &taken);
    if (result != 0)
        return result;
    /* Smaller ones go the short way, unless that was decided at start. */
    if (taken.kind == MTALLOC_LIMIT_ALLOC && taken.bytes < MT_SIZE_EXTENDED - 1 &&
        !mt_thread_bypass)
        return -ENOTSUP;
    struct mt_watch watch = {.kind = taken.kind,
                             .actions = taken.actions,
                             .bytes = taken.bytes,
                             .held_s = taken.seconds,
                             .signal = taken.signal,
                             .call = taken.call,
                             .context = taken.context};
    int number = mt_watch_add(&watch);
    return number ? number : -ENOSPC;
}

MT_EXPORT int mtalloc_remove_limit(int limit) {
    (void)mt_enter();
    if (mt_off || !mt_region_own)
        return -ENOTSUP;
    return mt_watch_remove(limit) ? 0 : -EINVAL;
}
