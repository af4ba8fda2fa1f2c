/* Whose an address in the guard slots is. */
#include "alloc/guard_slots.h"
#include "alloc/guard_zones.h"
#include "base/sys.h"

#include <sys/mman.h>

static size_t distance(const struct mt_guard_zone *zone, uint32_t index, uintptr_t at) {
    const struct mt_guard_slot *slot = &zone->slot[index];
    uintptr_t user = mt_slot_start(zone, index) + slot->user;
    if (index >= zone->slots ||
        atomic_load_explicit(&slot->state, memory_order_acquire) == MT_SLOT_UNUSED)
        return SIZE_MAX;
    return at < user ? user - at : at < user + slot->size ? 0 : at - user - slot->size;
}

/* Inside of a slot that was used it is that one's; else the nearest block's. */
static uint32_t nearest(const struct mt_guard_zone *zone, uintptr_t at) {
    uint32_t index = mt_slot_index(zone, at), best = index;
    if (at - mt_slot_start(zone, index) < mt_zone_data_bytes(zone) &&
        distance(zone, index, at) != SIZE_MAX)
        return index;
    if (index > 0 && distance(zone, index - 1, at) < distance(zone, best, at))
        best = index - 1;
    if (distance(zone, index + 1, at) < distance(zone, best, at))
        best = index + 1;
    return distance(zone, best, at) != SIZE_MAX ? best : MT_SLOT_NONE;
}

bool mt_guard_find(uintptr_t at, struct mt_guard_hit *hit) {
    const struct mt_guard_zone *zone = mt_zone_of(at);
    uint32_t index = zone->slots ? nearest(zone, at) : MT_SLOT_NONE;
    if (index == MT_SLOT_NONE)
        return false;
    const struct mt_guard_slot *slot = &zone->slot[index];
    *hit = (struct mt_guard_hit){
        .block = {.user = (void *)(mt_slot_start(zone, index) + slot->user),
                  .size = slot->size,
                  .id = slot->id,
                  .site = slot->alloc_site,
                  .log2_alignment = slot->log2_alignment,
                  .kind = (enum mt_kind)slot->kind,
                  .guarded = true},
        .freed = atomic_load_explicit(&slot->state, memory_order_acquire) == MT_SLOT_FREED,
        .free_site = slot->free_site};
    return true;
}

bool mt_guard_let(uintptr_t at, bool write) {
    struct mt_guard_zone *zone = mt_zone_of(at);
    struct mt_guard_slot *slot = zone->slots ? &zone->slot[mt_slot_index(zone, at)] : NULL;
    if (slot)
        atomic_store(&slot->torn, true);
    bool opened = mt_sys3(SYS_mprotect, mt_page_down(at), MT_PAGE_BYTES,
                          write ? PROT_READ | PROT_WRITE : PROT_READ) == 0;
    if (slot) /* it may have been closed in between */
        atomic_store(&slot->torn, true);
    return opened;
}
