/*
 * free: the whole way back of a small block is mt_block_free_ordinary(). What is rare, or
 * wrong, is in release.c.
 */
#include "alloc/block.h"
#include <stdlib.h>

static MT_COLD void free_slow(void *user, const struct mt_release *how, uintptr_t entry) {
    if (!user)
        return;
    struct mt_thread *thread = mt_off ? NULL : mt_enter();
    if (mt_off) {
        mt_plain_free(user);
        return;
    }
    mt_release_block(thread, user, how, entry);
}

MT_EXPORT MT_READS_HEADER void free(void *user) {
    static const struct mt_release how = {.kind = MT_KIND_MALLOC};
    struct mt_thread *thread = mt_thread_self;
    size_t size;
    if (MT_LIKELY(thread->fast && mt_block_ordinary(user, MT_KIND_MALLOC, &size))) {
        mt_block_free_ordinary(thread, user, size, MT_ENTRY());
        return;
    }
    MT_STAY(free_slow(user, &how, MT_ENTRY()));
}

/* C23 7.24.3.4 and 7.24.3.5: the caller names what it asked for. */
MT_EXPORT void free_sized(void *user, size_t size);
MT_EXPORT void free_sized(void *user, size_t size) {
    MT_STAY(free_slow(
        user, (&(struct mt_release){.kind = MT_KIND_MALLOC, .sized = true, .size = size}),
        MT_ENTRY()));
}

MT_EXPORT void free_aligned_sized(void *user, size_t alignment, size_t size);
MT_EXPORT void free_aligned_sized(void *user, size_t alignment, size_t size) {
    MT_STAY(free_slow(user,
                      (&(struct mt_release){.kind = MT_KIND_MALLOC,
                                            .sized = true,
                                            .aligned = true,
                                            .size = size,
                                            .alignment = alignment}),
                      MT_ENTRY()));
}
