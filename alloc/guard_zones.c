/*
 * No lock: a slot belongs to who took it from its zone, whose freed slots wait in a ring of
 * words. A word carries its place in the ring's sequence, so one that is claimed but not
 * yet written is told from an old one, and a fork between the two leaves a gap that the
 * child fills.
 */
#include "alloc/guard_zones.h"

#include "base/log.h"
#include "base/option_values.h"
#include "base/random.h"
#include "base/sys.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

/* Of guard=N: slots of up to 16 pages, with tables and rings below 2 MiB. */
#define ZONES_N 5u
#define ZONE_N  ((size_t)8 << 20)
#define BYTES_N (UINT64_C(1536) << 10)
#define LIVE_N  384u
/* Of guard=all. A live block takes two of the 65,530 mappings that a process may have. */
#define ZONE_ALL ((size_t)1 << 30)
#define LIVE_ALL 16384u

#define ZONE_LEAST ((size_t)64 << 10)

uintptr_t mt_guard_base;
size_t mt_guard_bytes;
bool mt_guard_all;
struct mt_guard_zone mt_guard_zones[MT_GUARD_ZONES];
unsigned mt_guard_zone_count;
size_t mt_guard_zone_bytes;
_Atomic uint64_t mt_guard_random;
uint64_t mt_guard_most_bytes;
uint32_t mt_guard_most_live;

static uint32_t power_of_two(uint32_t n) {
    uint32_t power = 1;
    while (power < n)
        power *= 2;
    return power;
}

/* A zone is empty where address space is short and its slots are large. */
static void plan_zone(unsigned number, uintptr_t start) {
    struct mt_guard_zone *zone = &mt_guard_zones[number];
    zone->start = start + MT_PAGE_BYTES;
    zone->stride = ((size_t)MT_PAGE_BYTES << number) + MT_PAGE_BYTES;
    zone->slots = (uint32_t)((mt_guard_zone_bytes - MT_PAGE_BYTES) / zone->stride);
    zone->ring_slots = power_of_two(zone->slots);
}

/* The tables' memory is touched as slots come into use. */
static bool make_tables(void) {
    size_t bytes = 0;
    for (unsigned i = 0; i < mt_guard_zone_count; i++)
        bytes += mt_guard_zones[i].slots * sizeof(struct mt_guard_slot) +
                 mt_guard_zones[i].ring_slots * sizeof(uint64_t);
    char *at = mt_pages_map(bytes);
    if (!at)
        return false;
    for (unsigned i = 0; i < mt_guard_zone_count; i++) {
        mt_guard_zones[i].slot = (struct mt_guard_slot *)at;
        at += mt_guard_zones[i].slots * sizeof(struct mt_guard_slot);
        mt_guard_zones[i].ring = (_Atomic uint64_t *)at;
        at += mt_guard_zones[i].ring_slots * sizeof(uint64_t);
    }
    return true;
}

/* At most an eighth of what address space the process may have, and as much as there is. */
static void *reserve(size_t wanted) {
    struct rlimit space;
    uint64_t most = UINT64_MAX;
    void *at = NULL;
    if (mt_sys4(SYS_prlimit64, 0, RLIMIT_AS, 0, &space) == 0 &&
        space.rlim_cur != RLIM_INFINITY)
        most = space.rlim_cur / 8;
    for (mt_guard_zone_bytes = wanted; mt_guard_zone_bytes >= ZONE_LEAST;
         mt_guard_zone_bytes /= 2)
        if (mt_guard_zone_count * mt_guard_zone_bytes <= most &&
            (at = mt_pages_reserve_plain(mt_guard_zone_count * mt_guard_zone_bytes)) !=
                NULL)
            break;
    return at;
}

void mt_guard_start(const struct mt_options *options) {
    uint64_t number = MT_GUARD_OFF, seed;
    (void)mt_option_read_guard(options->guard, strlen(options->guard), &number);
    if (number == MT_GUARD_OFF)
        return;
    bool all = number == MT_GUARD_ALL;
    size_t wanted = all ? ZONE_ALL : ZONE_N;
    mt_guard_zone_count = all ? MT_GUARD_ZONES : ZONES_N;
    char *at = reserve(wanted);
    for (unsigned i = 0; at && i < mt_guard_zone_count; i++)
        plan_zone(i, (uintptr_t)at + i * mt_guard_zone_bytes);
    if (!at || !make_tables()) {
        if (at)
            mt_pages_unmap(at, mt_guard_zone_count * mt_guard_zone_bytes);
        mt_log(MT_SAY_GUARD_LIMITED, "no address space for slots: stays off", NULL, NULL);
        return;
    }
    if (mt_guard_zone_bytes < wanted)
        mt_log(MT_SAY_GUARD_LIMITED,
               "address space is limited: fewer slots, for smaller blocks", NULL, NULL);
    if (options->dontdump == MT_DONTDUMP_HEAP)
        (void)mt_sys3(SYS_madvise, at, mt_guard_zone_count * mt_guard_zone_bytes,
                      MADV_DONTDUMP);
    mt_random(&seed, sizeof seed);
    atomic_store(&mt_guard_random, seed);
    mt_guard_most_bytes = all ? options->max_guard : BYTES_N;
    mt_guard_most_live = all ? LIVE_ALL : LIVE_N;
    mt_guard_base = (uintptr_t)at;
    mt_guard_bytes = mt_guard_zone_count * mt_guard_zone_bytes;
    mt_guard_all = all;
    if (!all)
        mt_pick_start(number);
}

/* ---- slots that are not in use ---- */

void mt_zone_put(struct mt_guard_zone *zone, uint32_t slot) {
    uint64_t at = atomic_fetch_add(&zone->head, 1);
    /* Release: the slot as it was left. */
    atomic_store_explicit(&zone->ring[at & (zone->ring_slots - 1)], (at + 1) << 32 | slot,
                          memory_order_release);
}

/* The slot that was freed first; MT_SLOT_NONE where there is none, or it is just being
 * written. A zone has no more slots than its ring has words, so a word stays until it is
 * taken. */
static uint32_t ring_take(struct mt_guard_zone *zone) {
    for (;;) {
        uint64_t at = atomic_load(&zone->tail);
        uint64_t word = atomic_load_explicit(&zone->ring[at & (zone->ring_slots - 1)],
                                             memory_order_acquire);
        if (at >= atomic_load(&zone->head) || word >> 32 != (uint32_t)(at + 1))
            return MT_SLOT_NONE;
        if (atomic_compare_exchange_weak(&zone->tail, &at, at + 1) &&
            (uint32_t)word != MT_SLOT_NONE)
            return (uint32_t)word;
    }
}

/* One that never was in use, as long as there are such: freed ones stay closed for longest.
 */
uint32_t mt_zone_take(struct mt_guard_zone *zone) {
    if (atomic_load_explicit(&zone->used, memory_order_relaxed) < zone->slots) {
        uint32_t slot = atomic_fetch_add(&zone->used, 1);
        if (slot < zone->slots)
            return slot;
        atomic_store(&zone->used, zone->slots);
    }
    return ring_take(zone);
}

void mt_guard_after_fork(void) {
    if (!mt_guard_bytes)
        return;
    atomic_fetch_add(&mt_guard_random, mt_random_of_child());
    for (unsigned i = 0; i < mt_guard_zone_count; i++) {
        struct mt_guard_zone *zone = &mt_guard_zones[i];
        uint64_t head = atomic_load(&zone->head);
        for (uint64_t at = atomic_load(&zone->tail); at < head; at++) {
            _Atomic uint64_t *word = &zone->ring[at & (zone->ring_slots - 1)];
            if (atomic_load(word) >> 32 != (uint32_t)(at + 1))
                atomic_store(word, (at + 1) << 32 | MT_SLOT_NONE);
        }
    }
}
