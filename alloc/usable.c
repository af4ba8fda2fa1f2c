/* What a block offers: the bytes that were asked for, since the canary is behind them. */
#include "alloc/block.h"

#include <malloc.h>

static MT_COLD size_t usable_slow(void *user) {
    struct mt_block block;
    (void)mt_enter();
    if (mt_off)
        return mt_plain_usable(user);
    return mt_block_open(user, &block) == MT_BLOCK_GOOD ? block.size : 0;
}

/* Some programs ask at each allocation and free: redis does. */
MT_EXPORT MT_READS_HEADER size_t malloc_usable_size(void *user) {
    const struct mt_header *header = mt_header_of(user);
    if (!user)
        return 0;
    if (MT_UNLIKELY(!mt_thread_self->fast || !mt_block_place_ordinary(user) ||
                    !mt_header_valid(header, user, MT_LIVE) ||
                    mt_header_size20(header) == MT_SIZE_EXTENDED))
        return MT_STAY_FOR(usable_slow(user));
    return mt_header_size20(header);
}
