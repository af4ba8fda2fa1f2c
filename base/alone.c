#include "base/alone.h"

#include "base/pages.h"
#include "base/sys.h"
#include <sys/mman.h>

#ifndef MADV_WIPEONFORK
#    define MADV_WIPEONFORK 18
#endif

static _Atomic uint32_t plain[MT_ALONES];
_Atomic uint32_t *mt_alone_flags = plain;

void mt_alone_start(void) {
    void *page = mt_alone_flags == plain ? mt_pages_map(MT_PAGE_BYTES) : NULL;
    if (!page)
        return;
    if (mt_sys3(SYS_madvise, page, MT_PAGE_BYTES, MADV_WIPEONFORK) == 0)
        mt_alone_flags = page;
    else
        mt_pages_unmap(page, MT_PAGE_BYTES);
}

void mt_alone_after_fork(void) {
    for (unsigned what = 0; what < MT_ALONES; what++)
        if (mt_alone_flags == plain)
            mt_alone_end((enum mt_alone)what);
}
