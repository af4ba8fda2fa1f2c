/*
 * The block: what lies around the bytes of the program.
 *
 *   | header 16 | n bytes | canary up to the next multiple of 16, at least 1 | slack |
 *
 * Blocks of MT_SIZE_EXTENDED bytes and more, and aligned ones, carry a second 16 bytes
 * before the header. All pointer arithmetic on blocks is in this file.
 */
#ifndef MT_ALLOC_HEADER_H
#define MT_ALLOC_HEADER_H

#include "base/attr.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mt_kind {
    MT_KIND_MALLOC = 1, /* malloc, calloc, realloc, and memalign and its like */
    MT_KIND_NEW,
    MT_KIND_NEW_ARRAY,
    MT_KIND_MALLOCX, /* jemalloc's own API */
    MT_KIND_LOADER   /* malloc, called by the dynamic loader */
};

#define MT_KIND_BITS     3
#define MT_KIND_SHIFT    44
#define MT_SIZE_BITS     20
#define MT_SITE_BITS     24
#define MT_ID_BITS       48
#define MT_SIZE_EXTENDED ((UINT64_C(1) << MT_SIZE_BITS) - 1)

/* 128 bits: id 48, site 24, size 20, kind 3, aligned 1, check 32. The check is keyed and
 * covers the rest and the block's own address, so that a header that was copied, moved or
 * written over is never valid. It detects errors; who can read the heap can forge it. */
struct mt_header {
    uint64_t what; /* site in bits 0-23, size 24-43, kind 44-46, aligned 47, id high 16 */
    uint32_t id_low;
    uint32_t check;
};
_Static_assert(sizeof(struct mt_header) == 16, "header");
_Static_assert(offsetof(struct mt_header, check) == 12, "check is the last word");

/* Before the header of large and of aligned blocks. Covered by its own check. */
struct mt_extension {
    uint64_t size; /* requested bytes in bits 0-57, log2 of the alignment in 58-63 */
    uint64_t check;
};
_Static_assert(sizeof(struct mt_extension) == 16, "extension");

/* A header of one state is not valid in another: the states' checks differ in every bit
 * of a constant. */
enum mt_state { MT_LIVE, MT_FREED, MT_QUARANTINED };
#define MT_FREED_DOMAIN       0x9e3779b9u
#define MT_QUARANTINED_DOMAIN 0x61c88647u

/* Drawn at start; in a page that cores leave out. */
struct mt_header_keys {
    uint64_t a, b, extension;
};
extern MT_HIDDEN struct mt_header_keys mt_header_keys;

MT_INLINE struct mt_header *mt_header_of(const void *user) {
    return (struct mt_header *)(uintptr_t)((uintptr_t)user - sizeof(struct mt_header));
}
MT_INLINE struct mt_extension *mt_extension_of(const void *user) {
    return (struct mt_extension *)((uintptr_t)mt_header_of(user) -
                                   sizeof(struct mt_extension));
}

/* Folded 64 x 64 -> 128 bit multiplication: every bit of both sides reaches the check. */
MT_INLINE uint64_t mt_fold(uint64_t x, uint64_t y) {
    unsigned __int128 product = (unsigned __int128)x * y;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

MT_INLINE uint32_t mt_header_check(const struct mt_header *header, const void *user,
                                   enum mt_state state) {
    uint64_t place = (uintptr_t)user ^ (uint64_t)header->id_low << 32;
    uint32_t live =
        (uint32_t)mt_fold(header->what ^ mt_header_keys.a, place ^ mt_header_keys.b);
    return state == MT_LIVE    ? live
           : state == MT_FREED ? live ^ MT_FREED_DOMAIN
                               : live ^ MT_QUARANTINED_DOMAIN;
}
/* From live to freed, for a header whose check held. */
MT_INLINE void mt_header_end(struct mt_header *header) {
    header->check ^= MT_FREED_DOMAIN;
}
MT_INLINE bool mt_header_valid(const struct mt_header *header, const void *user,
                               enum mt_state state) {
    return header->check == mt_header_check(header, user, state);
}
MT_INLINE uint64_t mt_extension_check(const struct mt_extension *extension,
                                      const void *user) {
    return mt_fold(extension->size ^ mt_header_keys.extension,
                   (uintptr_t)user ^ mt_header_keys.a);
}

/* Fields of a header whose check held. */
MT_INLINE uint32_t mt_header_site(const struct mt_header *header) {
    return (uint32_t)header->what & ((1u << MT_SITE_BITS) - 1);
}
MT_INLINE uint64_t mt_header_size20(const struct mt_header *header) {
    return header->what >> MT_SITE_BITS & MT_SIZE_EXTENDED;
}
MT_INLINE enum mt_kind mt_header_kind(const struct mt_header *header) {
    return (enum mt_kind)(header->what >> MT_KIND_SHIFT & 7);
}
MT_INLINE bool mt_header_aligned(const struct mt_header *header) {
    return header->what >> 47 & 1;
}
MT_INLINE uint64_t mt_header_id(const struct mt_header *header) {
    return header->what >> 48 << 32 | header->id_low;
}

/* True for a block of this kind that is neither large nor aligned; sets its size. The size
 * of the others is MT_SIZE_EXTENDED, so one comparison tells. */
MT_INLINE bool mt_header_is_small(const struct mt_header *header, enum mt_kind kind,
                                  size_t *size) {
    uint64_t mask = (UINT64_C(1) << (MT_SIZE_BITS + 4)) - 1;
    *size = (header->what >> MT_SITE_BITS & mask) - ((uint64_t)kind << MT_SIZE_BITS);
    return *size < MT_SIZE_EXTENDED;
}
MT_INLINE bool mt_header_has_id(const struct mt_header *header, uint64_t id) {
    return MT_UNLIKELY(header->id_low == (uint32_t)id) && mt_header_id(header) == id;
}

struct mt_block_facts {
    uint64_t id, size;
    uint32_t site;
    enum mt_kind kind;
    bool aligned;
};

/* Of a block that is neither large nor aligned; `stamp` is what is known of its place. */
MT_INLINE void mt_header_write_small(void *user, uint64_t stamp, uint64_t size,
                                     enum mt_kind kind, uint64_t id) {
    struct mt_header *header = mt_header_of(user);
    header->what =
        stamp | size << MT_SITE_BITS | (uint64_t)kind << MT_KIND_SHIFT | id >> 32 << 48;
    header->id_low = (uint32_t)id;
    header->check = mt_header_check(header, user, MT_LIVE);
}

MT_INLINE void mt_header_write(void *user, const struct mt_block_facts *facts) {
    uint64_t size =
        facts->size < MT_SIZE_EXTENDED && !facts->aligned ? facts->size : MT_SIZE_EXTENDED;
    mt_header_write_small(user, facts->site | (uint64_t)facts->aligned << 47, size,
                          facts->kind, facts->id);
}

/* What was written as a small block's becomes an aligned one's, which has an extension. */
MT_INLINE void mt_header_make_aligned(void *user) {
    struct mt_header *header = mt_header_of(user);
    header->what |= MT_SIZE_EXTENDED << MT_SITE_BITS | UINT64_C(1) << 47;
    header->check = mt_header_check(header, user, MT_LIVE);
}

/* A small block in a guard slot: "aligned", but of a size that says it needs no extension.
 * It is not small to free, which therefore takes the general way. */
MT_INLINE void mt_header_make_guarded(void *user) {
    struct mt_header *header = mt_header_of(user);
    header->what |= UINT64_C(1) << 47;
    header->check = mt_header_check(header, user, MT_LIVE);
}

MT_INLINE void mt_extension_write(void *user, uint64_t size, unsigned log2_alignment) {
    struct mt_extension *extension = mt_extension_of(user);
    extension->size = size | (uint64_t)log2_alignment << 58;
    extension->check = mt_extension_check(extension, user);
}

/* Bytes that a block of n user bytes needs behind its prefix: n, and 1 to 16 of canary. */
MT_INLINE size_t mt_body_bytes(size_t n) {
    return (n + 16) & ~(size_t)15;
}

/* Bytes before the user's: a header; with an extension; or one alignment. */
MT_INLINE size_t mt_prefix_bytes(size_t n, unsigned log2_alignment) {
    if (log2_alignment > 4)
        return (size_t)1 << log2_alignment;
    return n < MT_SIZE_EXTENDED ? 16 : 32;
}

#endif
