/* C++17's operator delete: what the caller says of kind, size and alignment is checked. */
#include "alloc/block.h"

static MT_COLD void destroy_slow(void *user, const struct mt_release *how,
                                 uintptr_t entry) {
    struct mt_thread *thread = mt_enter();
    if (mt_off)
        mt_plain_free(user);
    else
        mt_release_block(thread, user, how, entry);
}

/* `how` is constant in each of the operators, so that what they don't say costs nothing. */
MT_INLINE void destroy(void *user, const struct mt_release *how, uintptr_t entry) {
    struct mt_thread *thread = mt_thread_self;
    struct mt_shard *shard = thread->fast;
    struct mt_ordinary block;
    if (MT_UNLIKELY(!user))
        return;
    if (MT_LIKELY(shard && !how->aligned &&
                  mt_block_ordinary(shard, user, how->kind, &block)) &&
        (!how->sized || how->size == block.size)) {
        mt_block_free_ordinary(thread, shard, &block);
        return;
    }
    destroy_slow(user, how, entry);
    MT_NO_JUMP();
}

#define DELETE(symbol, name, parameters, ...)                                              \
    MT_EXPORT void name parameters __asm__(symbol);                                        \
    MT_EXPORT void name parameters {                                                       \
        (void)ignored;                                                                     \
        destroy(user, &(struct mt_release){__VA_ARGS__}, MT_ENTRY());                      \
    }
#define ONE     .kind = MT_KIND_NEW
#define ARRAY   .kind = MT_KIND_NEW_ARRAY
#define SIZED   .sized = true, .size = bytes
#define ALIGNED .aligned = true, .alignment = to

/* The parameter that a form does not have is called `ignored` here, so that one macro
 * serves all. */
#define PLAIN(symbol, name, kind_)                                                         \
    MT_EXPORT void name(void *user) __asm__(symbol);                                       \
    MT_EXPORT void name(void *user) {                                                      \
        destroy(user, &(struct mt_release){kind_}, MT_ENTRY());                            \
    }
#define SIZED_FORM(symbol, name, kind_)                                                    \
    MT_EXPORT void name(void *user, size_t bytes) __asm__(symbol);                         \
    MT_EXPORT void name(void *user, size_t bytes) {                                        \
        destroy(user, &(struct mt_release){kind_, SIZED}, MT_ENTRY());                     \
    }

PLAIN("_ZdlPv", delete_one, ONE)
PLAIN("_ZdaPv", delete_array, ARRAY)
SIZED_FORM("_ZdlPvm", delete_one_sized, ONE)
SIZED_FORM("_ZdaPvm", delete_array_sized, ARRAY)
DELETE("_ZdlPvRKSt9nothrow_t", delete_one_nothrow, (void *user, const void *ignored), ONE)
DELETE("_ZdaPvRKSt9nothrow_t", delete_array_nothrow, (void *user, const void *ignored),
       ARRAY)

#define ALIGNED_FORM(symbol, name, kind_)                                                  \
    MT_EXPORT void name(void *user, size_t to) __asm__(symbol);                            \
    MT_EXPORT void name(void *user, size_t to) {                                           \
        destroy(user, &(struct mt_release){kind_, ALIGNED}, MT_ENTRY());                   \
    }
#define SIZED_ALIGNED_FORM(symbol, name, kind_)                                            \
    MT_EXPORT void name(void *user, size_t bytes, size_t to) __asm__(symbol);              \
    MT_EXPORT void name(void *user, size_t bytes, size_t to) {                             \
        destroy(user, &(struct mt_release){kind_, SIZED, ALIGNED}, MT_ENTRY());            \
    }

ALIGNED_FORM("_ZdlPvSt11align_val_t", delete_one_aligned, ONE)
ALIGNED_FORM("_ZdaPvSt11align_val_t", delete_array_aligned, ARRAY)
SIZED_ALIGNED_FORM("_ZdlPvmSt11align_val_t", delete_one_sized_aligned, ONE)
SIZED_ALIGNED_FORM("_ZdaPvmSt11align_val_t", delete_array_sized_aligned, ARRAY)
DELETE("_ZdlPvSt11align_val_tRKSt9nothrow_t", delete_one_aligned_nothrow,
       (void *user, size_t to, const void *ignored), ONE, ALIGNED)
DELETE("_ZdaPvSt11align_val_tRKSt9nothrow_t", delete_array_aligned_nothrow,
       (void *user, size_t to, const void *ignored), ARRAY, ALIGNED)
