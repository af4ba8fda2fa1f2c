/* The public calls about the calling thread. */
#include "alloc/init.h"
#include "base/attr.h"
#include "mtalloc/mtalloc.h"
#include "track/thread_name.h"

#include <errno.h>

MT_EXPORT int mtalloc_name_thread(const char *name) {
    struct mt_thread *thread = mt_enter();
    if (!thread)
        return -ENOTSUP;
    if (!name || (*name && !mt_thread_name_fits(name)))
        return -EINVAL;
    if (thread->shared)
        return -ENOSPC;
    return mt_thread_name_set(thread->shard, name) ? 0 : -EAGAIN;
}

MT_EXPORT int mtalloc_pause_thread(void) {
    (void)mt_enter();
    if (mt_off || !mt_region_own)
        return -ENOTSUP;
    mt_thread_pause();
    return 0;
}

MT_EXPORT int mtalloc_resume_thread(void) {
    (void)mt_enter();
    if (mt_off || !mt_region_own)
        return -ENOTSUP;
    return mt_thread_resume() ? 0 : -EINVAL;
}
