/* Aligned allocation: memalign and its like. Blocks cost one alignment more. */
#include "alloc/block.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

#define PAGE           4096u
#define ALIGNMENT_MOST (SIZE_MAX / 2 + 1) /* the largest power of two */

/* Small blocks go the short way of malloc, the header of an aligned one is put right at the
 * end. NULL: not so. */
static void *allocate_short(unsigned log2_alignment, size_t size, uintptr_t entry) {
    int flags;
    size_t bytes = mt_raw_bytes(size, log2_alignment, &flags);
    void *raw = flags ? NULL : mt_backend_malloc(bytes);
    if (MT_UNLIKELY(!raw))
        return NULL;
    void *user = (char *)raw + mt_prefix_bytes(size, log2_alignment);
    mt_canary_write_over(user, size);
    user = mt_block_begin(mt_header_of(user), size, MT_KIND_MALLOC, entry);
    if (log2_alignment > 4) {
        mt_extension_write(user, size, log2_alignment);
        mt_header_make_aligned(user);
    }
    return user;
}

/* `alignment` is a power of two. */
static void *allocate_aligned(size_t alignment, size_t size, uintptr_t entry) {
    struct mt_thread *thread = mt_enter();
    /* A guard slot must know of the alignment, which the short way forgets. */
    if (MT_LIKELY(thread && thread->fast && size < MT_SIZE_EXTENDED && !mt_guard_bytes)) {
        void *user = allocate_short((unsigned)__builtin_ctzll(alignment), size, entry);
        if (MT_LIKELY(user != NULL))
            return user;
    }
    if (mt_off) {
        void *plain = mt_plain_memalign(alignment, size);
        if (!plain)
            errno = ENOMEM; /* jemalloc's memalign leaves it alone */
        return plain;
    }
    struct mt_request request = {.size = size,
                                 .log2_alignment = (unsigned)__builtin_ctzll(alignment),
                                 .kind = MT_KIND_MALLOC};
    return mt_allocate(thread, &request, entry);
}

static bool power_of_two(size_t n) {
    return n && !(n & (n - 1));
}

/* glibc's memalign rounds the alignment up to a power of two. */
static size_t round_up(size_t alignment) {
    size_t power = 16;
    while (power < alignment)
        power *= 2;
    return power;
}

MT_EXPORT void *memalign(size_t alignment, size_t size) {
    if (alignment > ALIGNMENT_MOST) {
        errno = EINVAL;
        return NULL;
    }
    return MT_STAY_FOR(allocate_aligned(round_up(alignment), size, MT_ENTRY()));
}

/* glibc 2.36 takes any size, and any alignment as memalign does. */
MT_EXPORT void *aligned_alloc(size_t alignment, size_t size) {
    if (alignment > ALIGNMENT_MOST) {
        errno = EINVAL;
        return NULL;
    }
    return MT_STAY_FOR(allocate_aligned(round_up(alignment), size, MT_ENTRY()));
}

/* POSIX: the result says what went wrong, errno and *result are left alone. */
MT_EXPORT int posix_memalign(void **result, size_t alignment, size_t size) {
    if (!power_of_two(alignment) || alignment % sizeof(void *))
        return EINVAL;
    int saved = errno;
    void *user = allocate_aligned(alignment, size, MT_ENTRY());
    errno = saved;
    if (!user)
        return ENOMEM;
    *result = user;
    return 0;
}

MT_EXPORT void *valloc(size_t size) {
    return MT_STAY_FOR(allocate_aligned(PAGE, size, MT_ENTRY()));
}

MT_EXPORT void *pvalloc(size_t size) {
    if (size > PTRDIFF_MAX)
        return mt_no_memory(size);
    return MT_STAY_FOR(
        allocate_aligned(PAGE, (size + PAGE - 1) & ~(size_t)(PAGE - 1), MT_ENTRY()));
}
