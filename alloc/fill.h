/* Option `fill`: patterns that a stray read shows, or zeros that leave nothing behind. */
#ifndef MT_ALLOC_FILL_H
#define MT_ALLOC_FILL_H

#include "base/options.h"
#include <stdbool.h>
#include <string.h>

#define MT_FILL_NEW   0xa5 /* as jemalloc's own junk */
#define MT_FILL_FREED 0x5a

/* What freed blocks are filled with; those in quarantine always are. */
MT_INLINE unsigned char mt_fill_freed_byte(void) {
    return mt_options->fill == MT_FILL_ZERO ? 0 : MT_FILL_FREED;
}

MT_INLINE void mt_fill_new(void *at, size_t bytes) {
    if (mt_options->fill == MT_FILL_ALLOC || mt_options->fill == MT_FILL_JUNK)
        memset(at, MT_FILL_NEW, bytes);
}

MT_INLINE bool mt_fills_freed(void) {
    return mt_options->fill >= MT_FILL_FREE;
}
MT_INLINE void mt_fill_freed(void *at, size_t bytes) {
    if (mt_fills_freed())
        memset(at, mt_fill_freed_byte(), bytes);
}
_Static_assert(MT_FILL_ALLOC < MT_FILL_FREE && MT_FILL_FREE < MT_FILL_JUNK &&
                   MT_FILL_JUNK < MT_FILL_ZERO,
               "what comes from `free` on fills freed blocks");

#endif
