/* C++17's operator delete: what the caller says of kind, size and alignment is checked. */
#include "alloc/block.h"
#include "alloc/operators.h"

static MT_COLD void destroy_slow(void *user, const struct mt_release *how,
                                 uintptr_t entry) {
    if (!user)
        return;
    struct mt_thread *thread = mt_enter();
    if (mt_off)
        mt_plain_free(user);
    else
        mt_release_block(thread, user, how, entry);
}

/* `how` is constant in each of the operators, so that what they don't say costs nothing. */
MT_INLINE void destroy(void *user, const struct mt_release *how, uintptr_t entry) {
    struct mt_thread *thread = mt_thread_self;
    size_t size;
    if (MT_LIKELY(thread->fast && !how->aligned &&
                  mt_block_ordinary(user, how->kind, &size)) &&
        (!how->sized || how->size == size)) {
        mt_block_free_ordinary(thread, user, size, entry);
        return;
    }
    MT_STAY(destroy_slow(user, how, entry));
}

/* Calls the simpler form, where the program brings it. */
#define FORWARD(to, ...)                                                                   \
    if (REPLACED(to)) {                                                                    \
        to(__VA_ARGS__);                                                                   \
        return;                                                                            \
    }

#define DELETE(symbol, name, parameters, forward, ...)                                     \
    OPERATOR void name parameters __asm__(symbol);                                         \
    OPERATOR MT_READS_HEADER void name parameters {                                        \
        forward destroy(user, &(struct mt_release){__VA_ARGS__}, MT_ENTRY());              \
    }

#define IGNORED const void *nothrow __attribute__((unused))
#define ONE     .kind = MT_KIND_NEW
#define ARRAY   .kind = MT_KIND_NEW_ARRAY
#define SIZED   .sized = true, .size = bytes
#define ALIGNED .aligned = true, .alignment = to

DELETE("_ZdlPv", delete_one, (void *user), , ONE)
OWN(delete_one, "_ZdlPv");
DELETE("_ZdaPv", delete_array, (void *user), FORWARD(delete_one, user), ARRAY)
OWN(delete_array, "_ZdaPv");
DELETE("_ZdlPvm", delete_one_sized, (void *user, size_t bytes), FORWARD(delete_one, user),
       ONE, SIZED)
DELETE("_ZdaPvm", delete_array_sized, (void *user, size_t bytes),
       FORWARD(delete_array, user) FORWARD(delete_one, user), ARRAY, SIZED)
DELETE("_ZdlPvRKSt9nothrow_t", delete_one_nothrow, (void *user, IGNORED),
       FORWARD(delete_one, user), ONE)
DELETE("_ZdaPvRKSt9nothrow_t", delete_array_nothrow, (void *user, IGNORED),
       FORWARD(delete_array, user) FORWARD(delete_one, user), ARRAY)

DELETE("_ZdlPvSt11align_val_t", delete_one_aligned, (void *user, size_t to), , ONE, ALIGNED)
OWN(delete_one_aligned, "_ZdlPvSt11align_val_t");
DELETE("_ZdaPvSt11align_val_t", delete_array_aligned, (void *user, size_t to),
       FORWARD(delete_one_aligned, user, to), ARRAY, ALIGNED)
OWN(delete_array_aligned, "_ZdaPvSt11align_val_t");
DELETE("_ZdlPvmSt11align_val_t", delete_one_sized_aligned,
       (void *user, size_t bytes, size_t to), FORWARD(delete_one_aligned, user, to), ONE,
       SIZED, ALIGNED)
DELETE("_ZdaPvmSt11align_val_t", delete_array_sized_aligned,
       (void *user, size_t bytes, size_t to),
       FORWARD(delete_array_aligned, user, to) FORWARD(delete_one_aligned, user, to), ARRAY,
       SIZED, ALIGNED)
DELETE("_ZdlPvSt11align_val_tRKSt9nothrow_t", delete_one_aligned_nothrow,
       (void *user, size_t to, IGNORED), FORWARD(delete_one_aligned, user, to), ONE,
       ALIGNED)
DELETE("_ZdaPvSt11align_val_tRKSt9nothrow_t", delete_array_aligned_nothrow,
       (void *user, size_t to, IGNORED),
       FORWARD(delete_array_aligned, user, to) FORWARD(delete_one_aligned, user, to), ARRAY,
       ALIGNED)
