/* The end of a block: what is checked, and what is accounted for. */
#include "alloc/block.h"
#include "alloc/fill.h"
#include "alloc/guard_slots.h"
#include "alloc/live_bits.h"
#include "alloc/quarantine.h"
#include "alloc/report.h"
#include "base/pages.h"

#include <stdlib.h>

static enum mt_block_fault invalid(void *user) {
    if ((uintptr_t)user - mt_loader_start < mt_loader_bytes)
        return MT_BLOCK_FOREIGN;
    if (mt_header_valid(mt_header_of(user), user, MT_QUARANTINED))
        return MT_BLOCK_QUARANTINED;
    return mt_header_valid(mt_header_of(user), user, MT_FREED) ? MT_BLOCK_FREED
                                                               : MT_BLOCK_UNKNOWN;
}

static bool read_extension(const struct mt_extension *extension, struct mt_block *block,
                           bool aligned) {
    if (extension->check != mt_extension_check(extension, block->user))
        return false;
    block->size = extension->size & ((UINT64_C(1) << 58) - 1);
    block->log2_alignment = aligned ? (unsigned)(extension->size >> 58) : 0;
    return true;
}

bool mt_block_read(const struct mt_header *header, const struct mt_extension *extension,
                   void *user, enum mt_state state, struct mt_block *block) {
    if (!mt_header_valid(header, user, state))
        return false;
    *block = (struct mt_block){.user = user,
                               .size = mt_header_size20(header),
                               .id = mt_header_id(header),
                               .site = mt_header_site(header),
                               .kind = mt_header_kind(header)};
    if (block->size == MT_SIZE_EXTENDED &&
        !read_extension(extension, block, mt_header_aligned(header)))
        return false;
    block->guarded = mt_guard_holds(user);
    block->raw = (char *)user - mt_prefix_bytes(block->size, block->log2_alignment);
    block->raw_bytes = mt_raw_bytes(block->size, block->log2_alignment, &block->flags);
    return true;
}

bool mt_block_open_as(void *user, enum mt_state state, struct mt_block *block) {
    return mt_block_read(mt_header_of(user), mt_extension_of(user), user, state, block);
}

enum mt_block_fault mt_block_open(void *user, struct mt_block *block) {
    if ((uintptr_t)user & 15)
        return MT_BLOCK_MISALIGNED;
    if (mt_guard_holds(user))
        return mt_guard_open(user, block);
    if (!mt_block_place_ordinary(user) &&
        !mt_pages_readable((uintptr_t)user - sizeof(struct mt_header)))
        return MT_BLOCK_UNKNOWN;
    return mt_block_open_as(user, MT_LIVE, block) ? MT_BLOCK_GOOD : invalid(user);
}

void mt_block_uncount(struct mt_thread *thread, const struct mt_block *block) {
    if (!block->id)
        return;
    if (!thread) {
        if (mt_region_own)
            mt_count_free(mt_thread_orphan_shard(), true, block->site, block->size, false);
        return;
    }
    if (block->id < thread->inherited_below) {
        mt_add_u64(&thread->shard->inherited_frees, 1, thread->shared);
        return;
    }
    mt_count_free(thread->shard, thread->shared, block->site, block->size,
                  block->id == thread->last_id);
    thread->last_id = 0;
}

void mt_block_end(struct mt_thread *thread, const struct mt_block *block, int flags,
                  uintptr_t entry) {
    bool waits = !block->guarded && mt_quarantine_on && mt_quarantine_wants(block, flags);
    mt_live_end(block->user);
    if (block->guarded ? !mt_guard_claim(block) : waits && !mt_quarantine_claim(block)) {
        mt_report_fault(thread, block->user, MT_BLOCK_QUARANTINED, entry);
        return;
    }
    mt_block_uncount(thread, block);
    if (block->guarded) {
        mt_guard_release(thread, block, entry);
    } else if (waits) {
        mt_quarantine_add(thread, block, entry);
    } else {
        mt_header_end(mt_header_of(block->user));
        mt_canary_fence(); /* a small block's is where the caller is left */
        if (mt_block_place_ordinary(block->user) && !mt_fills_freed())
            mt_block_note_free(block->user, entry);
        mt_fill_freed(block->user, block->size);
        mt_backend_free(block->raw, block->raw_bytes, flags | block->flags);
    }
    if (block->kind == MT_KIND_LOADER)
        mt_module_check_unloaded();
}

void mt_block_free_elsewhere(struct mt_header *header) {
    struct mt_thread *thread = mt_thread_self;
    uint32_t site = mt_header_site(header);
    struct mt_counter *counter = mt_counter_of(thread->shard, site);
    if (!mt_counter_peak_noted(counter))
        mt_counter_note_peak(counter);
    mt_counter_meet(thread, counter, site);
    mt_block_free_at(thread, header, mt_header_size20(header), counter);
}

MT_COLD void mt_block_free_due(struct mt_shard *shard, struct mt_header *header,
                               size_t bytes) {
    mt_counters_check(shard);
    mt_backend_free(header, bytes, 0);
}

bool mt_kinds_match(enum mt_kind allocated, enum mt_kind freed) {
    if (freed == MT_KIND_MALLOC)
        return allocated != MT_KIND_NEW && allocated != MT_KIND_NEW_ARRAY;
    return allocated == freed;
}

/* Every block lies at a multiple of 16, so up to that nobody has a say. An operator delete
 * that names no alignment means one that is no more. */
static bool alignments_match(const struct mt_block *block, const struct mt_release *how) {
    size_t allocated = mt_block_alignment(block);
    if (how->aligned)
        return allocated == (how->alignment > 16 ? how->alignment : 16);
    return how->kind == MT_KIND_MALLOC || allocated == 16;
}

static void check_how(struct mt_thread *thread, const struct mt_block *block,
                      const struct mt_release *how, uintptr_t entry) {
    if (!mt_kinds_match(block->kind, how->kind))
        mt_report_kind(thread, block, how->kind, entry);
    else if (!alignments_match(block, how))
        mt_report_alignment(thread, block, how->aligned ? how->alignment : 16, entry);
    if (how->sized && how->size != block->size)
        mt_report_size(thread, block, how->size, entry);
}

void mt_release_block(struct mt_thread *thread, void *user, const struct mt_release *how,
                      uintptr_t entry) {
    struct mt_block block;
    enum mt_block_fault fault = mt_block_open(user, &block);
    if (fault == MT_BLOCK_FOREIGN)
        return;
    if (fault != MT_BLOCK_GOOD) {
        mt_report_fault(thread, user, fault, entry);
        return; /* set aside */
    }
    if (mt_block_damaged(&block)) {
        mt_report_overflow(thread, &block, entry);
        return;
    }
    check_how(thread, &block, how, entry);
    mt_block_end(thread, &block, how->flags, entry);
}
