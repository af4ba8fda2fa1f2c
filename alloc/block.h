/*
 * A block's way from request to hand-over and back: the steps that the entry points share.
 * malloc.c and free.c show the whole way.
 */
#ifndef MT_ALLOC_BLOCK_H
#define MT_ALLOC_BLOCK_H

#include "alloc/backend.h"
#include "alloc/canary.h"
#include "alloc/guard.h"
#include "alloc/header.h"
#include "alloc/init.h"
#include "alloc/stack_mode.h"
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
    int flags; /* the backend's, for the alignment */
    enum mt_kind kind;
    bool guarded; /* in a guard slot; `raw` and what goes with it mean nothing */
};

MT_INLINE bool mt_block_damaged(const struct mt_block *block) {
    return !mt_guard_ends_bare(block->user, block->size) &&
           mt_canary_damage(block->user, block->size);
}

/* What the backend is asked for, for `size` bytes so aligned. */
MT_INLINE size_t mt_raw_bytes(size_t size, unsigned log2_alignment, int *flags) {
    size_t bytes = mt_prefix_bytes(size, log2_alignment) + mt_body_bytes(size);
    *flags = 0;
    if (MT_LIKELY(log2_alignment <= 4))
        return bytes;
    size_t mask = ((size_t)1 << log2_alignment) - 1, even = (bytes + mask) & ~mask;
    if (even <= MT_BACKEND_SMALL && log2_alignment <= MT_BACKEND_SMALL_LOG2)
        return even;
    *flags = (int)log2_alignment;
    return bytes;
}

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

/* The same from copies of what lies before `user`; the extension is read only where the
 * header says that there is one. */
bool mt_block_read(const struct mt_header *header, const struct mt_extension *extension,
                   void *user, enum mt_state state, struct mt_block *block);

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

/* The place of any thread's operation, by option `stack`; 0 bytes where nothing is
 * allocated. */
struct mt_place mt_place_for(struct mt_thread *thread, size_t size, uintptr_t entry);

/* The rare ends of mt_block_at(), which are jumped to: the IDs in hand are used up; live
 * bytes are due. */
void *mt_block_out_of_ids(void *raw, size_t size, enum mt_kind kind, struct mt_place place);
void *mt_block_alloc_due(struct mt_shard *shard, void *user);

MT_INLINE void *mt_block_with_id(struct mt_thread *thread, void *raw, size_t size,
                                 enum mt_kind kind, struct mt_place place, uint64_t id) {
    void *user = (char *)raw + sizeof(struct mt_header);
    struct mt_shard *shard = thread->shard;
    mt_header_write_small(user, place.stamp, size, kind, id);
    thread->last_id = id;
    if (MT_UNLIKELY(!mt_counter_peak_noted(place.counter)))
        mt_counter_note_peak(place.counter);
    if (mt_count_alloc_at(shard, false, place.counter, size))
        return mt_block_alloc_due(shard, user);
    return user;
}

/* Turns fresh memory of the backend into a small block: ID, header, counters. For threads
 * that may go the short way. */
MT_INLINE void *mt_block_at(struct mt_thread *thread, void *raw, size_t size,
                            enum mt_kind kind, struct mt_place place) {
    uint64_t id;
    if (size >= MT_SIZE_EXTENDED)
        __builtin_unreachable();
    if (MT_LIKELY(mt_take_id(thread, &id)))
        return mt_block_with_id(thread, raw, size, kind, place, id);
    return mt_block_out_of_ids(raw, size, kind, place);
}

/* Under stack=off. [untracked] lies in the chunk that every shard in use has. */
MT_INLINE bool mt_place_untracked(struct mt_thread *thread, uintptr_t entry,
                                  struct mt_place *place) {
    place->stamp = mt_stamp(MT_PSEUDO_UNTRACKED, ((const uintptr_t *)entry)[1]);
    place->counter = mt_counter_find(thread->shard, MT_PSEUDO_UNTRACKED);
    return true;
}

/* The same, where the place is not the last one again. */
void *mt_block_elsewhere(void *raw, size_t size, enum mt_kind kind, uintptr_t entry);

/* The same wherever it is, for exported functions only. The canary is the caller's, who
 * knows what is in the memory. The thread is asked for again, which costs less than to keep
 * it over the backend's call. */
MT_INLINE void *mt_block_begin(void *raw, size_t size, enum mt_kind kind, uintptr_t entry) {
    struct mt_thread *thread = mt_thread_self;
    struct mt_place place;
    if (MT_LIKELY(mt_stack_mode == MT_STACK_FULL
                      ? mt_capture_again(thread, entry, false, &place)
                      : mt_stack_mode == MT_STACK_OFF &&
                            mt_place_untracked(thread, entry, &place)))
        return mt_block_at(thread, raw, size, kind, place);
    return MT_STAY_FOR(mt_block_elsewhere(raw, size, kind, entry));
}

/* True where the header before `user` may be read untested. What begins a page, as a
 * mapping of the program's does, would have it on the one before, which need not be there.
 */
MT_INLINE bool mt_block_place_ordinary(const void *user) {
    return (uintptr_t)user & (MT_PAGE_BYTES - sizeof(struct mt_header));
}

/* Blocks wait in quarantine whose ID has none of these bits (alloc/quarantine.c). Without
 * quarantine all bits: a free of one in 2^32 takes the general way for nothing. */
extern MT_HIDDEN uint32_t mt_quarantine_mask;

/* On the exported functions that read a header before they know whose it is. In a guard
 * slot that is closed the read faults, and is let through for the general way to judge. */
#define MT_READS_HEADER __attribute__((section("mt_reads_header")))

/* True for a sound block: small, not aligned, of the kind that is freed, not to wait in
 * quarantine. */
MT_INLINE bool mt_block_ordinary(void *user, enum mt_kind kind, size_t *size) {
    struct mt_header *header = mt_header_of(user);
    return MT_LIKELY(mt_block_place_ordinary(user) &&
                     mt_header_valid(header, user, MT_LIVE) &&
                     mt_header_is_small(header, kind, size) &&
                     header->id_low & mt_quarantine_mask && !mt_canary_damage(user, *size));
}

/* Leaves the caller of the free in the freed block, behind its header and on the same page,
 * for the report of a second one. Keyed, so that what a program writes there instead is
 * taken for a code address only by accident. */
MT_INLINE void mt_block_note_free(void *user, uintptr_t entry) {
    *(uintptr_t *)user = ((const uintptr_t *)entry)[1] ^ mt_header_keys.extension;
}
MT_INLINE uintptr_t mt_block_noted_free(const void *user) {
    return *(const uintptr_t *)user ^ mt_header_keys.extension;
}

/* The rare ends of mt_block_free_ordinary(), which are jumped to: the record of the block's
 * site is not at hand; live bytes are due. */
void mt_block_free_elsewhere(struct mt_header *header);
void mt_block_free_due(struct mt_shard *shard, struct mt_header *header, size_t bytes);

/* What is left once the header's check says "freed". */
MT_INLINE void mt_block_free_at(struct mt_thread *thread, struct mt_header *header,
                                size_t size, struct mt_counter *counter) {
    struct mt_shard *shard = thread->shard;
    size_t bytes = sizeof *header + mt_body_bytes(size);
    __asm__("" : "+r"(header)); /* its words are read again rather than kept */
    if (mt_header_has_id(header, thread->last_id))
        mt_add_u64(&counter->temporary, 1, false);
    thread->last_id = 0;
    if (mt_count_free_at(shard, false, counter, size))
        mt_block_free_due(shard, header, bytes);
    else
        mt_backend_free(header, bytes, 0);
}

/* The end of such a block, for threads that go the short way. */
MT_INLINE void mt_block_free_ordinary(struct mt_thread *thread, void *user, size_t size,
                                      uintptr_t entry) {
    struct mt_header *header = mt_header_of(user);
    struct mt_counter *counter;
    mt_header_end(header);
    mt_block_note_free(user, entry);
    if (MT_LIKELY(mt_counter_met(thread, mt_header_site(header), &counter)))
        mt_block_free_at(thread, header, size, counter);
    else
        mt_block_free_elsewhere(header);
}

#endif
