/*
 * The canary: bytes from the exact end of a block to the next multiple of 16. None of them
 * is zero, since string bugs write zeros. The pattern is drawn at start.
 */
#ifndef MT_ALLOC_CANARY_H
#define MT_ALLOC_CANARY_H

#include "base/attr.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#    include <emmintrin.h>
#endif

struct mt_canary {
    _Alignas(16) unsigned char byte[16];
};
extern MT_HIDDEN struct mt_canary mt_canary;

/* Writes the canary of a block whose contents are undefined: the whole last granule. */
MT_INLINE void mt_canary_write_over(void *user, size_t size) {
    char *granule = (char *)user + (size & ~(size_t)15);
    memcpy(__builtin_assume_aligned(granule, 16), mt_canary.byte, 16);
}

/* Writes it behind contents that must stay. */
MT_INLINE void mt_canary_write(void *user, size_t size) {
    char *granule = (char *)user + (size & ~(size_t)15);
    size_t from = size & 15;
    memcpy(granule + from, mt_canary.byte + from, 16 - from);
}

/* Between a write to the canary and one to the header that says where it is: a walk over
 * the heap must not find a live header without its canary. */
MT_INLINE void mt_canary_fence(void) {
    atomic_thread_fence(memory_order_release);
}

/* A little-endian word of the granule with its differing bytes non-zero, and the bytes
 * before the canary shifted out. Zero: intact. */
MT_INLINE unsigned __int128 mt_canary_difference(const void *user, size_t size) {
    unsigned __int128 found, expected;
    memcpy(&found, (const char *)user + (size & ~(size_t)15), 16);
    memcpy(&expected, mt_canary.byte, 16);
    return (found ^ expected) >> 8 * (size & 15);
}

MT_INLINE bool mt_canary_damage(const void *user, size_t size) {
#ifdef __SSE2__
    /* A bit per byte that differs. */
    const __m128i *granule = (const __m128i *)((const char *)user + (size & ~(size_t)15));
    __m128i same = _mm_cmpeq_epi8(_mm_load_si128(granule),
                                  _mm_load_si128((const __m128i *)mt_canary.byte));
    return ((unsigned)_mm_movemask_epi8(same) ^ 0xffff) >> (size & 15);
#else
    return mt_canary_difference(user, size) != 0;
#endif
}

#endif
