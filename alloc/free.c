/*
 * free: the whole way back of a small block. The memory stays as it is but for the
 * header's check, which now says "freed"; a damaged block never gets here.
 */
#include "alloc/block.h"
#include <stdlib.h>

static MT_COLD void free_slow(void *user, const struct mt_release *how, uintptr_t entry) {
    struct mt_thread *thread = mt_enter();
    if (mt_off) {
        mt_plain_free(user);
        return;
    }
    mt_release_block(thread, user, how, entry);
}

/* True for blocks that the lines below may handle: sound, small, not aligned, of malloc's
 * kind, not from before a fork. */
MT_INLINE bool ordinary(const struct mt_thread *thread, const struct mt_header *header,
                        const void *user) {
    return !((uintptr_t)user & 15) && mt_header_valid(header, user, MT_LIVE) &&
           (header->what >> MT_SITE_BITS & 0xf00000) >> 20 == MT_KIND_MALLOC &&
           mt_header_size20(header) != MT_SIZE_EXTENDED &&
           mt_header_id(header) >= thread->inherited_below &&
           !mt_canary_damage(user, mt_header_size20(header));
}

MT_EXPORT void free(void *user) {
    static const struct mt_release how = {.kind = MT_KIND_MALLOC};
    struct mt_thread *thread = mt_thread_self;
    if (MT_UNLIKELY(!user))
        return;
    struct mt_header *header = mt_header_of(user);
    if (MT_UNLIKELY(!thread || !thread->shard || !ordinary(thread, header, user))) {
        free_slow(user, &how, MT_ENTRY());
        return;
    }
    size_t size = mt_header_size20(header);
    uint64_t id = mt_header_id(header);
    mt_count_free(thread->shard, thread->shared, mt_header_site(header), size,
                  id == thread->last_id);
    thread->last_id = 0;
    mt_header_end(header);
    mt_backend_free(header, sizeof *header + mt_body_bytes(size), 0);
}

/* C23 7.24.3.4 and 7.24.3.5: the caller names what it asked for. */
MT_EXPORT void free_sized(void *user, size_t size);
MT_EXPORT void free_sized(void *user, size_t size) {
    if (user)
        free_slow(user,
                  &(struct mt_release){.kind = MT_KIND_MALLOC, .sized = true, .size = size},
                  MT_ENTRY());
}

MT_EXPORT void free_aligned_sized(void *user, size_t alignment, size_t size);
MT_EXPORT void free_aligned_sized(void *user, size_t alignment, size_t size) {
    if (user)
        free_slow(user,
                  &(struct mt_release){.kind = MT_KIND_MALLOC,
                                       .sized = true,
                                       .aligned = true,
                                       .size = size,
                                       .alignment = alignment},
                  MT_ENTRY());
}
