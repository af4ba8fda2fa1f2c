/*
 * malloc: the whole way of a small block. Everything rare is in allocate.c.
 */
#include "alloc/block.h"
#include <stdlib.h>

static MT_COLD void *malloc_slow(size_t size, uintptr_t entry) {
    struct mt_thread *thread = mt_off ? NULL : mt_enter();
    if (mt_off)
        return mt_plain_malloc(size);
    return mt_allocate(thread, &(struct mt_request){.size = size, .kind = MT_KIND_MALLOC},
                       entry);
}

MT_EXPORT void *malloc(size_t size) {
    struct mt_thread *thread = mt_thread_self;
    if (MT_UNLIKELY(!thread->fast || size >= MT_SIZE_EXTENDED))
        return MT_STAY_FOR(malloc_slow(size, MT_ENTRY()));
    void *raw = mt_backend_malloc(sizeof(struct mt_header) + mt_body_bytes(size));
    if (MT_UNLIKELY(!raw))
        return MT_STAY_FOR(
            malloc_slow(size, MT_ENTRY())); /* the quarantine may give some up */
    mt_canary_write_over((char *)raw + sizeof(struct mt_header), size);
    return mt_block_begin(raw, size, MT_KIND_MALLOC, MT_ENTRY());
}
