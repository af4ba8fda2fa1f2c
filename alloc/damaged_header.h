/*
 * A live block's header that was written over: what can still be said of the block. What
 * comes from before a block hits the check first, then the ID, then site and size. None of
 * them counts unless something else agrees: bytes of the check, and the canary that lies
 * where the size says.
 */
#ifndef MT_ALLOC_DAMAGED_HEADER_H
#define MT_ALLOC_DAMAGED_HEADER_H

#include "alloc/block.h"

/* Where the canary's 16 bytes would be if the size is still right; 0 if it can't be. */
uintptr_t mt_damaged_canary(const struct mt_header *header,
                            const struct mt_extension *extension, const void *user);

/* Reads what is left, from copies: of what lies before `user`, and of the 16 bytes there.
 * An ID that nothing speaks for is 0. False if nothing is left. */
bool mt_damaged_read(const struct mt_header *header, const struct mt_extension *extension,
                     const void *granule, void *user, struct mt_block *block);

#endif
