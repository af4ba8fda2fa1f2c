/* A block's way into a guard slot and out of it. */
#include "alloc/guard.h"

#include "alloc/guard_slots.h"
#include "alloc/guard_zones.h"
#include "base/log.h"
#include "base/sys.h"

#include <sys/mman.h>

static _Alignas(MT_CACHE_LINE) _Atomic uint64_t open_bytes;
static _Atomic uint32_t live;

/* splitmix64, as in track/sample.c. */
static uint64_t draw(void) {
    uint64_t z = atomic_fetch_add(&mt_guard_random, UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static bool to_the_left(void) {
    if (mt_options->guard_side != MT_GUARD_SIDE_AUTO)
        return mt_options->guard_side == MT_GUARD_SIDE_LEFT;
    return !(draw() & (mt_guard_all ? 7 : 1));
}

/* The user's bytes up to the next multiple of 16, below which no block may begin. */
static size_t body_bytes(size_t size) {
    return (size + 15) & ~(size_t)15;
}

static uintptr_t place(const struct mt_guard_zone *zone, uintptr_t start, size_t size,
                       unsigned log2_alignment) {
    uintptr_t mask = ((uintptr_t)1 << (log2_alignment > 4 ? log2_alignment : 4)) - 1;
    if (to_the_left())
        return start + mt_prefix_bytes(size, log2_alignment);
    return (start + mt_zone_data_bytes(zone) - body_bytes(size)) & ~mask;
}

static void log_full(void) {
    static _Atomic int said;
    if (mt_guard_all && !atomic_exchange(&said, 1))
        mt_log(MT_SAY_GUARD_LIMITED,
               "no room for some blocks, by max_guard or the number of mappings: they are "
               "not guarded",
               NULL, NULL);
}

/* Before a slot is looked for: those that wait are not to be turned over for nothing. */
static bool is_full(void) {
    return atomic_load_explicit(&live, memory_order_relaxed) >= mt_guard_most_live ||
           atomic_load_explicit(&open_bytes, memory_order_relaxed) >= mt_guard_most_bytes;
}

static bool account(uint64_t bytes) {
    if (atomic_fetch_add(&live, 1) < mt_guard_most_live) {
        if (atomic_fetch_add(&open_bytes, bytes) + bytes <= mt_guard_most_bytes)
            return true;
        atomic_fetch_sub(&open_bytes, bytes);
    }
    atomic_fetch_sub(&live, 1);
    return false;
}
static void unaccount(uint64_t bytes) {
    atomic_fetch_sub(&open_bytes, bytes);
    atomic_fetch_sub(&live, 1);
}

static void close_pages(void *at, size_t bytes) {
    mt_pages_close(at, bytes);
    if (mt_options->dontdump == MT_DONTDUMP_HEAP) /* mapped anew */
        (void)mt_sys3(SYS_madvise, at, bytes, MADV_DONTDUMP);
}

/* All that counts to a slot (mt_slot_index()): pages may have been opened there. */
static void close_torn(const struct mt_guard_zone *zone, uint32_t index) {
    uintptr_t from = mt_slot_start(zone, index), to = from + zone->stride;
    if (index == 0)
        from -= MT_PAGE_BYTES;
    if (index == zone->slots - 1)
        to = zone->start - MT_PAGE_BYTES + mt_guard_zone_bytes;
    close_pages((void *)from, to - from);
}

static void *open_slot(struct mt_guard_zone *zone, uint32_t index, size_t size,
                       unsigned log2_alignment) {
    struct mt_guard_slot *slot = &zone->slot[index];
    uintptr_t start = mt_slot_start(zone, index),
              user = place(zone, start, size, log2_alignment);
    uintptr_t first = mt_slot_first_page(user, size, log2_alignment);
    size_t bytes = mt_slot_page_bytes(user, size, log2_alignment);
    if (!account(bytes))
        return NULL;
    if (atomic_exchange(&slot->torn, false))
        close_torn(zone, index);
    if (!mt_pages_open((void *)first, bytes, false)) {
        unaccount(bytes);
        return NULL;
    }
    slot->user = (uint32_t)(user - start);
    slot->size = size;
    slot->log2_alignment = (uint8_t)log2_alignment;
    return (void *)user;
}

void *mt_guard_take(size_t size, unsigned log2_alignment) {
    size_t bytes = mt_prefix_bytes(size, log2_alignment) + body_bytes(size);
    unsigned number = 0;
    while (number < mt_guard_zone_count && bytes > (size_t)MT_PAGE_BYTES << number)
        number++;
    if (log2_alignment > 12 || number == mt_guard_zone_count ||
        !mt_guard_zones[number].slots)
        return NULL;
    struct mt_guard_zone *zone = &mt_guard_zones[number];
    uint32_t index = is_full() ? MT_SLOT_NONE : mt_zone_take(zone);
    void *user =
        index == MT_SLOT_NONE ? NULL : open_slot(zone, index, size, log2_alignment);
    if (user)
        return user;
    if (index != MT_SLOT_NONE)
        mt_zone_put(zone, index);
    log_full();
    return NULL;
}

static struct mt_guard_slot *slot_of(const void *user) {
    struct mt_guard_zone *zone = mt_zone_of((uintptr_t)user);
    if (!zone->slots)
        return NULL;
    uint32_t index = mt_slot_index(zone, (uintptr_t)user);
    struct mt_guard_slot *slot = &zone->slot[index];
    return mt_slot_start(zone, index) + slot->user == (uintptr_t)user ? slot : NULL;
}

void mt_guard_note(void *user, const struct mt_block_facts *facts,
                   unsigned log2_alignment) {
    struct mt_guard_slot *slot = slot_of(user);
    slot->alloc_site = facts->site;
    slot->free_site = 0;
    slot->id = facts->id;
    slot->kind = (uint8_t)facts->kind;
    atomic_store_explicit(&slot->state, MT_SLOT_LIVE, memory_order_release);
    if (mt_prefix_bytes(facts->size, log2_alignment) == sizeof(struct mt_header))
        mt_header_make_guarded(user);
}

void mt_guard_write_canary(void *user, size_t size) {
    if (!mt_guard_ends_bare(user, size))
        mt_canary_write(user, size);
}

bool mt_guard_wants(struct mt_thread *thread, const struct mt_request *request) {
    return mt_guard_bytes && !(request->flags & ~MT_BACKEND_ZERO) &&
           (mt_guard_all || (thread && mt_pick_next(thread)));
}

enum mt_block_fault mt_guard_open(void *user, struct mt_block *block) {
    struct mt_guard_slot *slot = slot_of(user);
    uint32_t state =
        slot ? atomic_load_explicit(&slot->state, memory_order_acquire) : MT_SLOT_UNUSED;
    if (state == MT_SLOT_FREED)
        return MT_BLOCK_FREED;
    return state == MT_SLOT_LIVE && mt_block_open_as(user, MT_LIVE, block)
               ? MT_BLOCK_GOOD
               : MT_BLOCK_UNKNOWN;
}

bool mt_guard_claim(const struct mt_block *block) {
    struct mt_guard_slot *slot = slot_of(block->user);
    uint32_t state = MT_SLOT_LIVE;
    return slot && atomic_compare_exchange_strong(&slot->state, &state, MT_SLOT_FREED);
}

void mt_guard_release(struct mt_thread *thread, const struct mt_block *block,
                      uintptr_t entry) {
    uintptr_t user = (uintptr_t)block->user;
    struct mt_guard_zone *zone = mt_zone_of(user);
    uint32_t index = mt_slot_index(zone, user);
    struct mt_guard_slot *slot = &zone->slot[index];
    size_t bytes = mt_slot_page_bytes(user, slot->size, slot->log2_alignment);
    slot->free_site = thread ? mt_place_site(mt_place_for(thread, 0, entry)) : 0;
    if (atomic_exchange(&slot->torn, false))
        close_torn(zone, index);
    else
        close_pages((void *)mt_slot_first_page(user, slot->size, slot->log2_alignment),
                    bytes);
    unaccount(bytes);
    mt_zone_put(zone, index);
}
