#include "alloc/report.h"

#include "alloc/guard_report.h"
#include "alloc/live_bits.h"
#include "alloc/quarantine.h"
#include "alloc/report_print.h"
#include "alloc/report_where.h"
#include "base/die.h"
#include "base/pages.h"

#include <unistd.h>

#define ONCE_SITES     256
#define OVERFLOWS_MOST 256

static void end(void) {
    if (mt_region_own && mt_region_own->pid == (uint32_t)getpid())
        atomic_store(&mt_region_own->state, MT_STATE_ABORTED);
    mt_die();
}

/* After an error that leaves the heap's state unknown. */
static void end_if_unknown(void) {
    if (mt_options->on_error != MT_ON_ERROR_REPORT)
        end();
}

/* ---- pointers that are no live block ---- */

/* Facts of a block whose header says it was freed, and proves it. The extension of a large
 * one can be gone with its memory. */
static struct mt_block freed_block(void *user, enum mt_state state) {
    const struct mt_header *header = mt_header_of(user);
    struct mt_block block;
    if (!mt_block_open_as(user, state, &block))
        block = (struct mt_block){.user = user,
                                  .id = mt_header_id(header),
                                  .site = mt_header_site(header),
                                  .size = mt_header_size20(header)};
    return block;
}

/* A block's free: its site if it was quarantined, else what it left behind. */
static void freed_by(struct mt_finding *finding, void *user) {
    finding->free_site = mt_quarantine_free_site(user);
    if (!finding->free_site && mt_block_place_ordinary(user))
        finding->free_pc = mt_block_noted_free(user);
}

static void describe_inside(struct mt_finding *finding, const void *user,
                            enum mt_state state) {
    finding->field[0].name = "offset";
    finding->field[0].value = (uintptr_t)user - (uintptr_t)finding->block->user;
    finding->detail = state == MT_LIVE ? "inside a block" : "inside a freed block";
    if (state != MT_LIVE)
        freed_by(finding, finding->block->user);
}

/* True the first time it is asked for an ID, or a place: a damaged block that was set
 * aside, or that the program keeps, is not said again by every check. */
static bool first_overflow(uint64_t id) {
    static _Atomic uint64_t seen[OVERFLOWS_MOST];
    for (unsigned i = 0; i < OVERFLOWS_MOST; i++) {
        uint64_t other = 0;
        if (atomic_compare_exchange_strong(&seen[i], &other, id))
            return true;
        if (other == id)
            return false;
    }
    return false;
}

/* `damage` is the canary's, as mt_canary_difference(). */
static void describe_overflow(struct mt_finding *finding, unsigned __int128 damage) {
    const struct mt_block *block = finding->block;
    unsigned bytes = 16 - (unsigned)(block->size & 15), first = bytes, count = 0;
    for (unsigned i = 0; i < bytes; i++) {
        if (!((damage >> 8 * i) & 0xff))
            continue;
        count++;
        if (first == bytes)
            first = i;
    }
    finding->kind = MT_EVENT_OVERFLOW;
    finding->field[0].name = "offset";
    finding->field[0].value = block->size + first;
    finding->field[1].name = "damaged";
    finding->field[1].value = count;
}

/* `block` has room for what is found. */
static void describe_unknown(struct mt_finding *finding, struct mt_thread *thread,
                             void *user, uintptr_t entry, struct mt_block *block) {
    enum mt_state state;
    bool known;
    if (mt_where_program(thread, user, entry, finding))
        return;
    if (mt_where_inside(user, block, &state)) {
        finding->block = block;
        describe_inside(finding, user, state);
    } else if (mt_where_overrun(user, block)) {
        finding->block = block;
        (void)first_overflow(block->id);
        describe_overflow(finding, mt_canary_difference(block->user, block->size));
        finding->detail = "into the block behind it, which was freed";
    } else if (mt_where_underwritten(user, block, &known)) {
        finding->kind = MT_EVENT_UNDERFLOW;
        finding->block = known ? block : NULL;
        mt_live_end(user); /* it is set aside, and said */
        finding->detail = "the 16 bytes before the block were written";
    } else if (!mt_pages_readable((uintptr_t)user))
        finding->detail = "not mapped";
    else if ((uintptr_t)user & 15)
        finding->detail = "not aligned, and inside no block";
    else
        finding->detail = "no block of this allocator";
}

void mt_report_fault(struct mt_thread *thread, void *user, enum mt_block_fault fault,
                     uintptr_t entry) {
    struct mt_finding finding = {.kind = MT_EVENT_INVALID_FREE};
    struct mt_block block;
    if (mt_guard_holds(user)) {
        mt_report_guarded(thread, user, entry);
        return;
    }
    if (fault == MT_BLOCK_FREED || fault == MT_BLOCK_QUARANTINED) {
        block = freed_block(user, fault == MT_BLOCK_FREED ? MT_FREED : MT_QUARANTINED);
        finding.kind = MT_EVENT_DOUBLE_FREE;
        finding.block = &block;
        freed_by(&finding, user);
    } else
        describe_unknown(&finding, thread, user, entry, &block);
    mt_finding_emit(&finding, thread, entry);
    end_if_unknown();
}

/* ---- damage ---- */

void mt_report_overflow(struct mt_thread *thread, const struct mt_block *block,
                        uintptr_t entry) {
    struct mt_finding finding = {.block = block};
    (void)first_overflow(block->id);
    describe_overflow(&finding, mt_canary_difference(block->user, block->size));
    mt_finding_emit(&finding, thread, entry);
    end_if_unknown();
}

bool mt_report_overflow_found(const struct mt_block *block, unsigned __int128 damage) {
    struct mt_finding finding = {.block = block, .detail = "found by the heap check"};
    if (!first_overflow(block->id))
        return false;
    describe_overflow(&finding, damage);
    mt_finding_emit(&finding, NULL, 0);
    return true;
}

bool mt_report_underflow_found(const struct mt_block *block, bool known) {
    struct mt_finding finding = {.kind = MT_EVENT_UNDERFLOW,
                                 .block = known ? block : NULL,
                                 .detail = "the 16 bytes before the block were written, "
                                           "found by the heap check"};
    if (!first_overflow((uintptr_t)block->user | UINT64_C(1) << 63)) /* no ID is as large */
        return false;
    mt_finding_emit(&finding, NULL, 0);
    return true;
}

void mt_report_found_end(void) {
    end_if_unknown();
}

void mt_report_write_after_free(const struct mt_block *block, size_t first, size_t bytes,
                                uint32_t free_site) {
    struct mt_finding finding = {.kind = MT_EVENT_WRITE_AFTER_FREE,
                                 .block = block,
                                 .free_site = free_site,
                                 .field = {{"offset", first}, {"damaged", bytes}}};
    mt_finding_emit(&finding, NULL, 0);
}

void mt_report_freed_header(uint32_t free_site) {
    struct mt_finding finding = {.kind = MT_EVENT_WRITE_AFTER_FREE,
                                 .free_site = free_site,
                                 .detail =
                                     "the 16 bytes before a freed block were written"};
    mt_finding_emit(&finding, NULL, 0);
}

/* ---- mismatches ---- */

/* True the first time it is asked for a site and a kind. */
static bool first_time(uint32_t site, enum mt_event_kind kind) {
    static _Atomic uint32_t seen[ONCE_SITES];
    uint32_t own = (site + 1) << 5 | (uint32_t)kind;
    for (unsigned i = 0; i < ONCE_SITES; i++) {
        uint32_t other = 0;
        if (atomic_compare_exchange_strong(&seen[i], &other, own))
            return true;
        if (other == own)
            return false;
    }
    return false;
}
_Static_assert(MT_EVENT_KINDS <= 32 && MT_SITES_MAX < 1 << 26, "a kind has 5 bits");

static void mismatch(struct mt_finding *finding, struct mt_thread *thread,
                     uintptr_t entry) {
    bool stops = mt_options->on_error == MT_ON_ERROR_ABORT;
    if (!first_time(finding->block->site, finding->kind) && !stops)
        return;
    mt_finding_emit(finding, thread, entry);
    if (stops)
        end();
}

void mt_report_kind(struct mt_thread *thread, const struct mt_block *block,
                    enum mt_kind freed, uintptr_t entry) {
    static const char *const detail[][4] = {
        [MT_KIND_MALLOC] = {"", "", "allocated by new, freed by free",
                            "allocated by new[], freed by free"},
        [MT_KIND_NEW] = {"", "allocated by malloc, freed by delete", "",
                         "allocated by new[], freed by delete"},
        [MT_KIND_NEW_ARRAY] = {"", "allocated by malloc, freed by delete[]",
                               "allocated by new, freed by delete[]", ""},
    };
    enum mt_kind allocated = block->kind > MT_KIND_NEW_ARRAY ? MT_KIND_MALLOC : block->kind;
    struct mt_finding finding = {
        .kind = MT_EVENT_KIND_MISMATCH, .block = block, .detail = detail[freed][allocated]};
    mismatch(&finding, thread, entry);
}

void mt_report_size(struct mt_thread *thread, const struct mt_block *block, size_t said,
                    uintptr_t entry) {
    struct mt_finding finding = {.kind = MT_EVENT_SIZE_MISMATCH,
                                 .block = block,
                                 .field = {{"freed_size", mt_plausible_size(said)}}};
    mismatch(&finding, thread, entry);
}

void mt_report_alignment(struct mt_thread *thread, const struct mt_block *block,
                         size_t said, uintptr_t entry) {
    struct mt_finding finding = {.kind = MT_EVENT_ALIGNMENT_MISMATCH,
                                 .block = block,
                                 .field = {{"alignment", mt_block_alignment(block)},
                                           {"freed_alignment", mt_plausible_size(said)}}};
    mismatch(&finding, thread, entry);
}
