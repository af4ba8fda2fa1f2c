#include "alloc/report.h"

#include "alloc/report_print.h"
#include "base/die.h"
#include "base/pages.h"

#include <unistd.h>

#define ONCE_SITES  256
#define SEARCH_BACK (64u << 10)

static void end_if_told(void) {
    if (mt_options->on_error == MT_ON_ERROR_REPORT)
        return;
    if (mt_region_own && mt_region_own->pid == (uint32_t)getpid())
        atomic_store(&mt_region_own->state, MT_STATE_ABORTED);
    mt_die();
}

/* Facts of a block whose header says "freed" and proves it. */
static struct mt_block freed_block(void *user) {
    const struct mt_header *header = mt_header_of(user);
    struct mt_block block = {.user = user,
                             .id = mt_header_id(header),
                             .site = mt_header_site(header),
                             .size = mt_header_size20(header)};
    const struct mt_extension *extension = mt_extension_of(user);
    if (block.size == MT_SIZE_EXTENDED &&
        extension->check == mt_extension_check(extension, user))
        block.size = extension->size & ((UINT64_C(1) << 58) - 1);
    return block;
}

/* Whether a block once began at `user`: its tail still carries a canary where the damaged
 * header's size says, or where a whole granule of the pattern is found soon behind it. */
static bool looks_underwritten(const void *user) {
    for (unsigned granule = 0; granule < 64; granule++) {
        const char *at = (const char *)user + 16 * granule;
        if (!mt_pages_readable((uintptr_t)at))
            return false;
        for (unsigned from = 0; from < 13; from++)
            if (!mt_canary_damage(at, from))
                return true;
    }
    return false;
}

/* The block that a pointer into its middle belongs to: the nearest header before it that
 * proves itself and whose size reaches that far. */
static bool containing_block(const void *user, struct mt_block *block) {
    uintptr_t at = (uintptr_t)user & ~(uintptr_t)15, page = UINTPTR_MAX;
    for (unsigned back = 0; back < SEARCH_BACK; back += 16, at -= 16) {
        uintptr_t first = at - sizeof(struct mt_header) - sizeof(struct mt_extension);
        if (first / MT_PAGE_BYTES != page && !mt_pages_readable(first))
            return false;
        page = first / MT_PAGE_BYTES;
        if (mt_block_open((void *)at, block) == MT_BLOCK_GOOD)
            return (uintptr_t)user - at < block->size;
    }
    return false;
}

void mt_report_fault(struct mt_thread *thread, void *user, enum mt_block_fault fault,
                     uintptr_t entry) {
    struct mt_finding report = {.kind = MT_EVENT_INVALID_FREE};
    struct mt_block block;
    if (fault == MT_BLOCK_FREED) {
        block = freed_block(user);
        report.kind = MT_EVENT_DOUBLE_FREE;
        report.block = &block;
    } else if (containing_block(user, &block)) {
        report.block = &block;
        report.field[0].name = "offset";
        report.field[0].value = (uintptr_t)user - (uintptr_t)block.user;
        report.detail = "inside a block";
    } else if (fault == MT_BLOCK_MISALIGNED)
        report.detail = "not the start of a block";
    else if (looks_underwritten(user)) {
        report.kind = MT_EVENT_UNDERFLOW;
        report.detail = "the 16 bytes before the block were written";
    } else
        report.detail = "no block starts there";
    mt_finding_emit(&report, thread, entry);
    end_if_told();
}

void mt_report_overflow(struct mt_thread *thread, const struct mt_block *block,
                        uintptr_t entry) {
    unsigned __int128 damage = mt_canary_damage(block->user, block->size);
    unsigned bytes = 16 - (unsigned)(block->size & 15), first = bytes, count = 0;
    for (unsigned i = 0; i < bytes; i++) {
        if (!((damage >> 8 * i) & 0xff))
            continue;
        count++;
        if (first == bytes)
            first = i;
    }
    struct mt_finding report = {
        .kind = MT_EVENT_OVERFLOW,
        .block = block,
        .field = {{"offset", block->size + first}, {"damaged", count}}};
    mt_finding_emit(&report, thread, entry);
    end_if_told();
}

/* True the first time it is asked for a site. */
static bool first_time(uint32_t site) {
    static _Atomic uint32_t seen[ONCE_SITES];
    for (unsigned i = 0; i < ONCE_SITES; i++) {
        uint32_t other = 0;
        if (atomic_compare_exchange_strong(&seen[i], &other, site + 1))
            return true;
        if (other == site + 1)
            return false;
    }
    return false;
}

static void mismatch(struct mt_finding *report, struct mt_thread *thread, uintptr_t entry) {
    if (!first_time(report->block->site) && mt_options->preset != MT_PRESET_TEST)
        return;
    mt_finding_emit(report, thread, entry);
    if (mt_options->preset == MT_PRESET_TEST)
        end_if_told();
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
    struct mt_finding report = {
        .kind = MT_EVENT_KIND_MISMATCH, .block = block, .detail = detail[freed][allocated]};
    mismatch(&report, thread, entry);
}

void mt_report_size(struct mt_thread *thread, const struct mt_block *block, size_t said,
                    uintptr_t entry) {
    struct mt_finding report = {.kind = MT_EVENT_SIZE_MISMATCH,
                                .block = block,
                                .field = {{"freed_size", mt_plausible_size(said)}}};
    mismatch(&report, thread, entry);
}
