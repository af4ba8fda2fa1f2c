/*
 * The geometry of guard slots, and the slots of a zone that are not in use. Only for the
 * files of guard slots.
 */
#ifndef MT_ALLOC_GUARD_ZONES_H
#define MT_ALLOC_GUARD_ZONES_H

#include "alloc/guard.h"

#define MT_GUARD_ZONES 13u /* slots of up to 4,096 pages */
#define MT_SLOT_NONE   UINT32_MAX

enum mt_slot_state { MT_SLOT_UNUSED, MT_SLOT_LIVE, MT_SLOT_FREED };

struct mt_guard_slot {
    _Atomic uint32_t state;
    uint32_t alloc_site, free_site;
    uint32_t user; /* the block's place in the slot */
    uint64_t id, size;
    uint8_t kind, log2_alignment;
    _Atomic bool torn; /* some page is accessible that should not be */
};
_Static_assert(sizeof(struct mt_guard_slot) == 40, "slots of a zone are counted by it");

/* Position in the ring's sequence in the upper half, slot in the lower one. */
struct mt_guard_zone {
    uintptr_t start; /* of the first slot */
    size_t stride;
    uint32_t slots, ring_slots; /* a power of two */
    struct mt_guard_slot *slot;
    _Atomic uint64_t *ring;
    _Alignas(MT_CACHE_LINE) _Atomic uint32_t used; /* slots that ever were */
    _Atomic uint64_t head, tail;
};

extern MT_HIDDEN struct mt_guard_zone mt_guard_zones[MT_GUARD_ZONES];
extern MT_HIDDEN unsigned mt_guard_zone_count;
extern MT_HIDDEN size_t mt_guard_zone_bytes;
extern MT_HIDDEN _Atomic uint64_t mt_guard_random; /* seeded at start */
extern MT_HIDDEN uint64_t mt_guard_most_bytes;     /* open at a time */
extern MT_HIDDEN uint32_t mt_guard_most_live;

/* A slot that is to be used; MT_SLOT_NONE: there is none. */
uint32_t mt_zone_take(struct mt_guard_zone *zone);
/* Behind all others that wait. */
void mt_zone_put(struct mt_guard_zone *zone, uint32_t slot);

MT_INLINE uintptr_t mt_slot_start(const struct mt_guard_zone *zone, uint32_t slot) {
    return zone->start + slot * zone->stride;
}
MT_INLINE size_t mt_zone_data_bytes(const struct mt_guard_zone *zone) {
    return zone->stride - MT_PAGE_BYTES;
}

/* The pages that a block lies on, the canary among them. */
MT_INLINE uintptr_t mt_slot_first_page(uintptr_t user, size_t size,
                                       unsigned log2_alignment) {
    size_t prefix = mt_prefix_bytes(size, log2_alignment);
    return mt_page_down(user - (prefix > 32 ? 32 : prefix));
}
MT_INLINE size_t mt_slot_page_bytes(uintptr_t user, size_t size, unsigned log2_alignment) {
    return mt_page_up(user + size) - mt_slot_first_page(user, size, log2_alignment);
}

MT_INLINE struct mt_guard_zone *mt_zone_of(uintptr_t at) {
    return &mt_guard_zones[(at - mt_guard_base) / mt_guard_zone_bytes];
}

/* A guard page counts to the slot before it, the first one to the first slot. */
MT_INLINE uint32_t mt_slot_index(const struct mt_guard_zone *zone, uintptr_t at) {
    if (at < zone->start)
        return 0;
    uint64_t index = (at - zone->start) / zone->stride;
    return index < zone->slots ? (uint32_t)index : zone->slots - 1;
}

#endif
