/* Allocation, the general case: large, aligned, zeroed, before start, after a thread's end.
 */
#include "alloc/block.h"
#include "alloc/fill.h"
#include "alloc/limits.h"
#include "alloc/live_bits.h"
#include "alloc/quarantine.h"

#include <errno.h>
#include <stdint.h>

MT_COLD void *mt_no_memory(size_t size) {
    struct mt_event_facts facts = {.kind = MT_EVENT_OUT_OF_MEMORY,
                                   .size = mt_plausible_size(size)};
    mt_region_event(&facts);
    errno = ENOMEM;
    return NULL;
}

/* Without thread state a block is counted under [untracked] in a shared shard; without a
 * region it isn't counted, and its ID is 0 so that its end isn't either. */
static void count_orphan(struct mt_block_facts *facts) {
    facts->site = MT_PSEUDO_UNTRACKED;
    if (!mt_region_own)
        return;
    facts->id = mt_thread_orphan_id();
    mt_count_alloc(mt_thread_orphan_shard(), true, facts->site, facts->size);
}

static void count(struct mt_thread *thread, struct mt_block_facts *facts, bool from_realloc,
                  uintptr_t entry) {
    if (mt_stamp(0, ((const uintptr_t *)entry)[1]))
        facts->kind = MT_KIND_LOADER;
    if (!thread) {
        count_orphan(facts);
        return;
    }
    struct mt_place place = mt_place_for(thread, facts->size, entry);
    facts->site = mt_place_site(place);
    facts->id = mt_next_id(thread);
    mt_limits_on_id(facts->id);
    thread->last_id = facts->id;
    mt_count_alloc_in(thread->shard, thread->shared, place.counter, facts->size);
    if (from_realloc)
        mt_add_u64(&place.counter->reallocs, 1, thread->shared);
}

/* Without flags the allocator has a shorter way. */
static void *from_backend(size_t bytes, int flags) {
    return flags ? mt_backend_allocate(bytes, flags) : mt_backend_malloc(bytes);
}

/* What the block's prefix and body lie in, from the backend. */
static void *unguarded(const struct mt_request *request) {
    int flags;
    size_t total = mt_raw_bytes(request->size, request->log2_alignment, &flags);
    flags |= request->flags;
    void *raw = from_backend(total, flags);
    if (!raw && mt_quarantine_drain())
        raw = from_backend(total, flags);
    return raw ? (char *)raw + mt_prefix_bytes(request->size, request->log2_alignment)
               : NULL;
}

void *mt_allocate(struct mt_thread *thread, const struct mt_request *request,
                  uintptr_t entry) {
    size_t size = request->size, prefix, total;
    unsigned log2_alignment = request->log2_alignment;
    if (size > PTRDIFF_MAX || log2_alignment > 58)
        return mt_no_memory(size);
    prefix = mt_prefix_bytes(size, log2_alignment);
    if (__builtin_add_overflow(prefix, mt_body_bytes(size), &total) || total > PTRDIFF_MAX)
        return mt_no_memory(size);
    void *user =
        mt_guard_wants(thread, request) ? mt_guard_take(size, log2_alignment) : NULL;
    bool guarded = user;
    if (!guarded && !(user = unguarded(request)))
        return mt_no_memory(size);
    struct mt_block_facts facts = {
        .size = size, .kind = request->kind, .aligned = log2_alignment > 4};
    count(thread, &facts, request->from_realloc, entry);
    if (!(request->flags & MT_BACKEND_ZERO))
        mt_fill_new(user, size);
    mt_guard_write_canary(user, size);
    mt_canary_fence();
    if (prefix > sizeof(struct mt_header))
        mt_extension_write(user, size, log2_alignment > 4 ? log2_alignment : 0);
    mt_header_write(user, &facts);
    mt_live_begin(user);
    if (guarded)
        mt_guard_note(user, &facts, log2_alignment);
    mt_limits_on_size(user);
    return user;
}
