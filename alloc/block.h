/*
 * A block's way from request to hand-over and back: the steps that the entry points share.
 * malloc.c and free.c show the whole way.
 */
#ifndef MT_ALLOC_BLOCK_H
#define MT_ALLOC_BLOCK_H

#include "alloc/backend.h"
#include "alloc/canary.h"
#include "alloc/header.h"
#include "alloc/init.h"
#include "base/options.h"
#include "base/pages.h"
#include "track/capture.h"
#include "track/counters.h"
#include "track/modules.h"

/* The exported function's own frame; its caller's frame pointer and return address are the
 * two words there. Only for exported functions, which therefore keep a frame pointer. */
#define MT_ENTRY() ((uintptr_t)__builtin_frame_address(0))

/* What an entry point asks for. */
struct mt_request {
    size_t size;
    unsigned log2_alignment; /* up to 4: what every block has */
    int flags;               /* backend's: zero, cache, arena; without the alignment */
    enum mt_kind kind;
    bool from_realloc;
};

/* Any request, any thread; NULL and errno = ENOMEM when there is no memory. */
void *mt_allocate(struct mt_thread *thread, const struct mt_request *request,
                  uintptr_t entry);

/* The same for an existing block: in place, or allocate, copy, free. The old block stays
 * when there is no memory. */
void *mt_reallocate(struct mt_thread *thread, void *user, const struct mt_request *request,
                    uintptr_t entry);

/* A block whose header proved right. */
struct mt_block {
    void *user, *raw;
    uint64_t size, id;
    size_t raw_bytes;
    uint32_t site;
    unsigned log2_alignment;
    enum mt_kind kind;
};

/* What was promised of `user`: every block lies at a multiple of 16. */
MT_INLINE size_t mt_block_alignment(const struct mt_block *block) {
    return block->log2_alignment > 4 ? (size_t)1 << block->log2_alignment : 16;
}

/* Makes a sound block fit the request where it lies, with a new ID and site. */
bool mt_resize(struct mt_thread *thread, struct mt_block *block,
               const struct mt_request *request, uintptr_t entry);

enum mt_block_fault {
    MT_BLOCK_GOOD,
    MT_BLOCK_MISALIGNED, /* no block starts there */
    MT_BLOCK_FREED,      /* its header says so */
    MT_BLOCK_QUARANTINED,
    MT_BLOCK_UNKNOWN, /* no valid header: damaged, or never a block */
    MT_BLOCK_FOREIGN, /* the loader's, from before the library's time */
};

/* Validates the header before `user` and reads it. Nothing of it is used otherwise. */
enum mt_block_fault mt_block_open(void *user, struct mt_block *block);

/* The same for a block in that state. `user` is aligned, what is before it readable. */
bool mt_block_open_as(void *user, enum mt_state state, struct mt_block *block);

/* What a release is allowed to find. */
struct mt_release {
    enum mt_kind kind;   /* how the caller frees: MALLOC, NEW, NEW_ARRAY */
    bool sized, aligned; /* the caller says which size, which alignment */
    size_t size, alignment;
    int flags; /* of jemalloc's API, handed on */
};

/* Checks and frees any block. */
void mt_release_block(struct mt_thread *thread, void *user, const struct mt_release *how,
                      uintptr_t entry);

/* True if a block of one kind may be freed as the other says. */
bool mt_kinds_match(enum mt_kind allocated, enum mt_kind freed);

/* Counts the end of a block. */
void mt_block_uncount(struct mt_thread *thread, const struct mt_block *block);

/* Accounts for the end of a block that was checked, and frees its memory. */
void mt_block_end(struct mt_thread *thread, const struct mt_block *block, int flags,
                  uintptr_t entry);

/* A size as it may leave the process: an absurd one might be an address or data, so all of
 * them become the same figure. */
#define MT_SIZE_PLAUSIBLE (UINT64_C(1) << 40)
MT_INLINE uint64_t mt_plausible_size(uint64_t size) {
    return size < MT_SIZE_PLAUSIBLE ? size : MT_SIZE_PLAUSIBLE;
}

/* Sets errno to ENOMEM, records the event and returns NULL. */
void *mt_no_memory(size_t size);

/* The site of any thread's operation. */
uint32_t mt_site_of(struct mt_thread *thread, uintptr_t entry);

/* The place of any thread's operation, by option `stack`. */
struct mt_place mt_place_by_mode(struct mt_thread *thread, uintptr_t entry);

/* The same where it goes the short way. [untracked] lies in the chunk that every shard in
 * use has. */
MT_INLINE struct mt_place mt_place_of(struct mt_thread *thread, uintptr_t entry) {
    if (MT_LIKELY(mt_stack_mode == MT_STACK_FULL))
        return mt_capture_full(thread, entry, false);
    if (mt_stack_mode == MT_STACK_OFF)
        return (struct mt_place){MT_PSEUDO_UNTRACKED,
                                 mt_counter_find(thread->shard, MT_PSEUDO_UNTRACKED)};
    return mt_place_by_mode(thread, entry);
}

MT_INLINE enum mt_kind mt_kind_for(enum mt_kind kind, uintptr_t entry) {
    uintptr_t pc = ((const uintptr_t *)entry)[1];
    return MT_UNLIKELY(pc - mt_loader_start < mt_loader_bytes) ? MT_KIND_LOADER : kind;
}

/* Turns fresh memory of the backend into a small block: site, ID, header, counters. For
 * threads that may go the short way. The canary is the caller's, who knows what is in the
 * memory. */
MT_INLINE void *mt_block_begin(struct mt_thread *thread, void *raw, size_t size,
                               enum mt_kind kind, uintptr_t entry) {
    void *user = (char *)raw + sizeof(struct mt_header);
    struct mt_place place = mt_place_of(thread, entry);
    struct mt_block_facts facts = {.size = size,
                                   .site = place.site,
                                   .id = mt_take_id(thread),
                                   .kind = mt_kind_for(kind, entry)};
    mt_header_write(user, &facts);
    thread->last_id = facts.id;
    if (mt_count_alloc_at(thread->shard, false, place.counter, size))
        mt_counters_check(thread->shard);
    return user;
}

/* What a block's end needs to know, for those that go the short way. */
struct mt_ordinary {
    struct mt_header *header;
    struct mt_counter *counter;
    size_t size;
};

/* True where the header before `user` may be read untested. What begins a page, as a
 * mapping of the program's does, would have it on the one before, which need not be there.
 */
MT_INLINE bool mt_block_place_ordinary(const void *user) {
    return !((uintptr_t)user & 15) && ((uintptr_t)user & (MT_PAGE_BYTES - 1));
}

/* Blocks wait in quarantine whose ID has none of these bits (alloc/quarantine.c). Without
 * quarantine all bits: a free of one in 2^32 takes the general way for nothing. */
extern MT_HIDDEN uint32_t mt_quarantine_mask;

/* True for a sound block: small, not aligned, of the kind that is freed, not to wait in
 * quarantine, whose site this thread has counted for before. */
MT_INLINE bool mt_block_ordinary(struct mt_shard *shard, void *user, enum mt_kind kind,
                                 struct mt_ordinary *block) {
    struct mt_header *header = mt_header_of(user);
    if (MT_UNLIKELY(
            !mt_block_place_ordinary(user) || !mt_header_valid(header, user, MT_LIVE) ||
            !mt_header_is_small(header, kind, &block->size) ||
            !(header->id_low & mt_quarantine_mask) || mt_canary_damage(user, block->size)))
        return false;
    block->header = header;
    block->counter = mt_counter_find(shard, mt_header_site(header));
    return MT_LIKELY(block->counter != NULL);
}

/* What is left to do when live bytes are due. */
void mt_block_free_due(struct mt_shard *shard, struct mt_header *header, size_t bytes);

/* The end of such a block. Its memory stays as it is but for the header's check, which now
 * says "freed". */
MT_INLINE void mt_block_free_ordinary(struct mt_thread *thread, struct mt_shard *shard,
                                      const struct mt_ordinary *block) {
    struct mt_header *header = block->header;
    size_t bytes = sizeof *header + mt_body_bytes(block->size);
    bool temporary = mt_header_has_id(header, thread->last_id);
    thread->last_id = 0;
    mt_header_end(header);
    if (mt_count_free_at(shard, false, block->counter, block->size, temporary))
        mt_block_free_due(shard, header, bytes);
    else
        mt_backend_free(header, bytes, 0);
}

#endif
