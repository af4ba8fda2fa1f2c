/* Which site an operation counts for, by option `stack`. */
#include "alloc/block.h"
#include "track/sample.h"

_Static_assert(((uint64_t)MT_KIND_MALLOC << MT_KIND_SHIFT | MT_STAMP_LOADER) ==
                   (uint64_t)MT_KIND_LOADER << MT_KIND_SHIFT,
               "malloc, called by the loader");

/* Under stack=sampled the callers' nodes are below [cut], apart from whole stacks of one
 * frame. */
MT_INLINE struct mt_place called(struct mt_thread *thread, uintptr_t entry) {
    return mt_capture_caller(thread, mt_stack_mode == MT_STACK_SAMPLED ? MT_PSEUDO_CUT : 0,
                             entry);
}

struct mt_place mt_place_for(struct mt_thread *thread, size_t size, uintptr_t entry) {
    if (mt_stack_mode == MT_STACK_OFF || thread->paused)
        return mt_place_of_site(thread, MT_PSEUDO_UNTRACKED, ((const uintptr_t *)entry)[1]);
    if (mt_stack_mode == MT_STACK_FULL ||
        (mt_stack_mode == MT_STACK_SAMPLED && mt_sample_takes(thread, size)))
        return mt_capture_full(thread, entry);
    return called(thread, entry);
}

static __attribute__((noinline)) void *full(void *raw, size_t size, enum mt_kind kind,
                                            uintptr_t entry) {
    struct mt_thread *thread = mt_thread_self;
    return mt_block_at(thread, raw, size, kind, mt_capture_changed(thread, entry));
}

static __attribute__((noinline)) void *sampled(void *raw, size_t size, enum mt_kind kind,
                                               uintptr_t entry) {
    struct mt_thread *thread = mt_thread_self;
    return mt_block_at(thread, raw, size, kind, mt_capture_full(thread, entry));
}

static __attribute__((noinline)) void *caller(void *raw, size_t size, enum mt_kind kind,
                                              uintptr_t entry) {
    struct mt_thread *thread = mt_thread_self;
    return mt_block_at(thread, raw, size, kind, called(thread, entry));
}

void *mt_block_elsewhere(void *raw, size_t size, enum mt_kind kind, uintptr_t entry) {
    struct mt_thread *thread = mt_thread_self;
    struct mt_place place;
    if (MT_UNLIKELY(mt_stack_mode != MT_STACK_FULL)) {
        if (mt_stack_mode == MT_STACK_SAMPLED && mt_sample_takes(thread, size))
            return sampled(raw, size, kind, entry);
        if (MT_LIKELY(mt_capture_called(thread, entry, &place)))
            return mt_block_at(thread, raw, size, kind, place);
        return caller(raw, size, kind, entry);
    }
    if (MT_LIKELY(mt_capture_recent(thread, entry, false, &place)))
        return mt_block_at(thread, raw, size, kind, place);
    return full(raw, size, kind, entry);
}

/* Nothing is in the memory yet but zeros for calloc, which a slot has too. */
static void *move_to_slot(struct mt_thread *thread, void *raw, void *user,
                          const struct mt_block_facts *facts, struct mt_place place) {
    mt_backend_free(raw, sizeof(struct mt_header) + mt_body_bytes(facts->size), 0);
    mt_guard_write_canary(user, facts->size);
    mt_canary_fence();
    (void)mt_block_with_id(thread, mt_header_of(user), facts->size, facts->kind, place,
                           facts->id);
    mt_guard_note(user, facts, 0);
    return user;
}

MT_COLD void *mt_block_out_of_ids(void *raw, size_t size, enum mt_kind kind,
                                  struct mt_place place) {
    struct mt_thread *thread = mt_thread_self;
    uint64_t id = mt_thread_refill_ids(thread);
    void *user = mt_pick_was(thread, id) ? mt_guard_take(size, 0) : NULL;
    if (MT_LIKELY(!user))
        return mt_block_with_id(thread, raw, size, kind, place, id);
    return move_to_slot(
        thread, raw, user,
        &(struct mt_block_facts){id, size, mt_place_site(place), kind, false}, place);
}

MT_COLD void *mt_block_alloc_due(struct mt_shard *shard, void *user) {
    mt_counters_check(shard);
    return user;
}
