/*
 * realloc: one free and one allocation, at this call's own site. In place when the block
 * keeps, or the backend can give it, just the class that a new one would have; else
 * allocate, copy, free.
 */
#include "alloc/block.h"
#include "alloc/fill.h"
#include "alloc/limits.h"
#include "alloc/live_bits.h"
#include "alloc/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The block stays where it is under a new ID, size and site. While its header is written it
 * is nobody's: a look for leaks lets no thread stand still here. */
static __attribute__((noinline, section("mt_renaming"))) void
rename_block(struct mt_thread *thread, struct mt_block *block, size_t size,
             uintptr_t entry) {
    struct mt_block_facts facts = {.size = size,
                                   .kind = block->kind,
                                   .aligned = block->log2_alignment > 4,
                                   .site = MT_PSEUDO_UNTRACKED};
    if (thread)
        thread->last_id = 0; /* a block that moves on is not a temporary one */
    mt_block_uncount(thread, block);
    if (thread) {
        struct mt_place place = mt_place_for(thread, size, entry);
        facts.site = mt_place_site(place);
        facts.id = mt_next_id(thread);
        mt_limits_on_id(facts.id);
        thread->last_id = facts.id;
        mt_count_alloc_in(thread->shard, thread->shared, place.counter, size);
        mt_add_u64(&place.counter->reallocs, 1, thread->shared);
    } else if (mt_region_own) {
        facts.id = mt_thread_orphan_id();
        mt_count_alloc(mt_thread_orphan_shard(), true, facts.site, size);
    }
    mt_live_end(block->user);
    mt_guard_write_canary(block->user, size);
    mt_canary_fence();
    if (mt_prefix_bytes(size, block->log2_alignment) > sizeof(struct mt_header))
        mt_extension_write(block->user, size, block->log2_alignment);
    mt_header_write(block->user, &facts);
    if (block->guarded)
        mt_guard_note(block->user, &facts, block->log2_alignment);
    mt_live_begin(block->user);
}

/* What a shrinking block gives back is the backend's from then on, who may know it to be
 * zero: where it has to be filled first, the block moves instead. */
static bool in_place(const struct mt_block *block, size_t size, int flags) {
    if (block->guarded)
        return size == block->size; /* its end lies where it lies */
    size_t prefix = mt_prefix_bytes(size, block->log2_alignment);
    int all; /* of the two the larger one's: they matter to large ones */
    size_t bytes = mt_raw_bytes(size, block->log2_alignment, &all);
    all |= block->flags | flags;
    if (prefix != mt_prefix_bytes(block->size, block->log2_alignment) ||
        (size < block->size && mt_fills_freed() &&
         mt_backend_class(bytes, all) != mt_backend_class(block->raw_bytes, all)))
        return false;
    return mt_backend_resize(block->raw, block->raw_bytes, bytes, all);
}

bool mt_resize(struct mt_thread *thread, struct mt_block *block,
               const struct mt_request *request, uintptr_t entry) {
    size_t size = request->size, old = block->size;
    if (size > PTRDIFF_MAX - 64 ||
        request->log2_alignment > (block->log2_alignment ? block->log2_alignment : 4u) ||
        !in_place(block, size, request->flags & ~MT_BACKEND_ZERO))
        return false;
    if (size < old)
        mt_fill_freed((char *)block->user + size, old - size);
    rename_block(thread, block, size, entry);
    if (size > old && request->flags & MT_BACKEND_ZERO)
        memset((char *)block->user + old, 0, size - old);
    else if (size > old)
        mt_fill_new((char *)block->user + old, size - old);
    mt_limits_on_size(block->user);
    return true;
}

void *mt_reallocate(struct mt_thread *thread, void *user, const struct mt_request *request,
                    uintptr_t entry) {
    struct mt_block block;
    enum mt_block_fault fault = mt_block_open(user, &block);
    size_t size = request->size;
    if (fault != MT_BLOCK_GOOD && fault != MT_BLOCK_FOREIGN) {
        mt_report_fault(thread, user, fault, entry);
        errno = ENOMEM;
        return NULL;
    }
    if (fault == MT_BLOCK_FOREIGN) /* no size is known; the loader never does this */
        return mt_no_memory(size);
    if (mt_block_damaged(&block)) {
        mt_report_overflow(thread, &block, entry);
        errno = ENOMEM;
        return NULL;
    }
    if (!mt_kinds_match(block.kind, MT_KIND_MALLOC))
        mt_report_kind(thread, &block, MT_KIND_MALLOC, entry);
    if (size > PTRDIFF_MAX - 64)
        return mt_no_memory(size);
    if (mt_resize(thread, &block, request, entry))
        return user;
    void *moved = mt_allocate(thread, request, entry);
    if (!moved)
        return NULL;
    memcpy(moved, user, size < block.size ? size : block.size);
    uint64_t last = thread ? thread->last_id : 0;
    mt_block_end(thread, &block, request->flags & ~(MT_BACKEND_ZERO | MT_BACKEND_ALIGNMENT),
                 entry);
    if (thread)
        thread->last_id = last;
    return moved;
}

static void *reallocate(void *user, size_t size, uintptr_t entry) {
    struct mt_thread *thread = mt_enter();
    if (mt_off) {
        void *plain = mt_plain_realloc(user, size);
        if (!plain && size)
            errno = ENOMEM; /* jemalloc leaves it alone for absurd sizes */
        return plain;
    }
    struct mt_request request = {
        .size = size, .kind = MT_KIND_MALLOC, .from_realloc = user};
    if (!user)
        return mt_allocate(thread, &request, entry);
    if (size == 0) { /* as glibc documents: frees, returns NULL */
        mt_release_block(thread, user, &(struct mt_release){.kind = MT_KIND_MALLOC}, entry);
        return NULL;
    }
    return mt_reallocate(thread, user, &request, entry);
}

MT_EXPORT void *realloc(void *user, size_t size) {
    return MT_STAY_FOR(reallocate(user, size, MT_ENTRY()));
}

MT_EXPORT void *reallocarray(void *user, size_t count, size_t each) {
    size_t size;
    if (__builtin_mul_overflow(count, each, &size))
        return mt_no_memory(SIZE_MAX);
    return MT_STAY_FOR(reallocate(user, size, MT_ENTRY()));
}
