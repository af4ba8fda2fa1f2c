/* The end of a block: what is checked, and what is accounted for. */
#include "alloc/block.h"
#include "alloc/report.h"

#include <stdlib.h>

static enum mt_block_fault invalid(void *user) {
    if ((uintptr_t)user - mt_loader_start < mt_loader_bytes)
        return MT_BLOCK_FOREIGN;
    return mt_header_valid(mt_header_of(user), user, MT_FREED) ? MT_BLOCK_FREED
                                                               : MT_BLOCK_UNKNOWN;
}

static bool open_extended(void *user, struct mt_block *block, bool aligned) {
    const struct mt_extension *extension = mt_extension_of(user);
    if (extension->check != mt_extension_check(extension, user))
        return false;
    block->size = extension->size & ((UINT64_C(1) << 58) - 1);
    block->log2_alignment = aligned ? (unsigned)(extension->size >> 58) : 0;
    return true;
}

enum mt_block_fault mt_block_open(void *user, struct mt_block *block) {
    const struct mt_header *header = mt_header_of(user);
    if ((uintptr_t)user & 15)
        return MT_BLOCK_MISALIGNED;
    if (!mt_header_valid(header, user, MT_LIVE))
        return invalid(user);
    *block = (struct mt_block){.user = user,
                               .size = mt_header_size20(header),
                               .id = mt_header_id(header),
                               .site = mt_header_site(header),
                               .kind = mt_header_kind(header)};
    if (block->size == MT_SIZE_EXTENDED &&
        !open_extended(user, block, mt_header_aligned(header)))
        return MT_BLOCK_UNKNOWN;
    size_t prefix = mt_prefix_bytes(block->size, block->log2_alignment);
    block->raw = (char *)user - prefix;
    block->raw_bytes = prefix + mt_body_bytes(block->size);
    return MT_BLOCK_GOOD;
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

void mt_block_end(struct mt_thread *thread, const struct mt_block *block, int flags) {
    struct mt_header *header = mt_header_of(block->user);
    mt_block_uncount(thread, block);
    mt_header_end(header);
    mt_backend_free(block->raw, block->raw_bytes, flags | (int)block->log2_alignment);
    if (block->kind == MT_KIND_LOADER)
        mt_module_check_unloaded();
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

static void check_how(struct mt_thread *thread, const struct mt_block *block,
                      const struct mt_release *how, uintptr_t entry) {
    if (!mt_kinds_match(block->kind, how->kind))
        mt_report_kind(thread, block, how->kind, entry);
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
    if (mt_canary_damage(user, block.size)) {
        mt_report_overflow(thread, &block, entry);
        return;
    }
    check_how(thread, &block, how, entry);
    mt_block_end(thread, &block, how->flags);
}
