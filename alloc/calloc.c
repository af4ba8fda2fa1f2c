/* calloc: jemalloc knows which memory is zero already; only the header and the canary are
 * written. */
#include "alloc/block.h"
#include <stdlib.h>

static MT_COLD void *calloc_slow(size_t count, size_t each, uintptr_t entry) {
    size_t size;
    struct mt_thread *thread = mt_enter();
    if (mt_off)
        return mt_plain_calloc(count, each);
    if (__builtin_mul_overflow(count, each, &size))
        return mt_no_memory(SIZE_MAX);
    return mt_allocate(thread,
                       &(struct mt_request){
                           .size = size, .flags = MT_BACKEND_ZERO, .kind = MT_KIND_MALLOC},
                       entry);
}

MT_EXPORT void *calloc(size_t count, size_t each) {
    struct mt_thread *thread = mt_thread_self;
    size_t size;
    if (MT_UNLIKELY(!thread->fast || __builtin_mul_overflow(count, each, &size) ||
                    size >= MT_SIZE_EXTENDED))
        return MT_STAY_FOR(calloc_slow(count, each, MT_ENTRY()));
    void *raw = mt_backend_calloc(sizeof(struct mt_header) + mt_body_bytes(size));
    if (MT_UNLIKELY(!raw))
        return MT_STAY_FOR(calloc_slow(count, each, MT_ENTRY()));
    mt_canary_write((char *)raw + sizeof(struct mt_header), size);
    return mt_block_begin(raw, size, MT_KIND_MALLOC, MT_ENTRY());
}
