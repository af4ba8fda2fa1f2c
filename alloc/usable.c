/* What a block offers: the bytes that were asked for, since the canary is behind them. */
#include "alloc/block.h"

#include <malloc.h>

MT_EXPORT size_t malloc_usable_size(void *user) {
    struct mt_block block;
    if (!user)
        return 0;
    (void)mt_enter();
    if (mt_off)
        return mt_plain_usable(user);
    return mt_block_open(user, &block) == MT_BLOCK_GOOD ? block.size : 0;
}
