/* Which site an operation counts for, by option `stack`. */
#include "alloc/block.h"

_Static_assert(((uint64_t)MT_KIND_MALLOC << MT_KIND_SHIFT | MT_STAMP_LOADER) ==
                   (uint64_t)MT_KIND_LOADER << MT_KIND_SHIFT,
               "malloc, called by the loader");

struct mt_place mt_place_by_mode(struct mt_thread *thread, uintptr_t entry) {
    if (mt_stack_mode == MT_STACK_FULL)
        return mt_capture_full(thread, entry);
    return mt_stack_mode == MT_STACK_CALLER
               ? mt_capture_caller(thread, entry)
               : mt_place_of_site(thread, MT_PSEUDO_UNTRACKED,
                                  ((const uintptr_t *)entry)[1]);
}

uint32_t mt_site_of(struct mt_thread *thread, uintptr_t entry) {
    return mt_place_site(mt_place_by_mode(thread, entry));
}

static __attribute__((noinline)) void *changed(void *raw, size_t size, enum mt_kind kind,
                                               uintptr_t entry) {
    struct mt_thread *thread = mt_thread_self;
    struct mt_place place = MT_LIKELY(mt_stack_mode == MT_STACK_FULL)
                                ? mt_capture_changed(thread, entry)
                                : mt_place_by_mode(thread, entry);
    return mt_block_at(thread, raw, size, kind, place);
}

void *mt_block_elsewhere(void *raw, size_t size, enum mt_kind kind, uintptr_t entry) {
    struct mt_thread *thread = mt_thread_self;
    struct mt_place place;
    if (MT_LIKELY(mt_stack_mode == MT_STACK_FULL &&
                  mt_capture_recent(thread, entry, false, &place)))
        return mt_block_at(thread, raw, size, kind, place);
    return changed(raw, size, kind, entry);
}

MT_COLD void *mt_block_out_of_ids(void *raw, size_t size, enum mt_kind kind,
                                  struct mt_place place) {
    struct mt_thread *thread = mt_thread_self;
    return mt_block_with_id(thread, raw, size, kind, place, mt_thread_refill_ids(thread));
}

MT_COLD void *mt_block_alloc_due(struct mt_shard *shard, void *user) {
    mt_counters_check(shard);
    return user;
}
