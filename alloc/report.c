#include "alloc/report.h"

#include "base/die.h"
#include "base/log.h"
#include "base/pages.h"
#include "base/quiet.h"
#include "track/tree.h"

#include <unistd.h>

#define STACK_LINES 64
#define ONCE_SITES  256
#define SEARCH_BACK (64u << 10)

static const char *const event_name[] = {
    [MT_EVENT_NONE] = "none",
#define EVENT(id, text) [MT_EVENT_##id] = text,
#include "track/events.def"
#undef EVENT
};

struct report {
    enum mt_event_kind kind;
    const struct mt_block *block; /* NULL: nothing is known of it */
    uint32_t error_site;
    struct {
        const char *name;
        uint64_t value;
    } field[3];
    const char *detail; /* a constant word or two */
};

/* Static, since the stack may be a small one; reports that come at once in two threads
 * take turns by trying, not by waiting for ever. */
static char buffer[4096];
static _Atomic int busy;

static void frame_line(struct mt_out *out, unsigned depth, const struct mt_node *node) {
    const struct mt_module *module = mt_region_record(MT_TABLE_MODULES, node->module);
    mt_out_text(out, "    #");
    mt_out_u64(out, depth);
    mt_out_text(out, " ");
    mt_out_text(out, module->name);
    mt_out_text(out, "+0x");
    mt_out_hex(out, node->offset, 1);
    mt_out_text(out, "\n");
}

static void stack(struct mt_out *out, const char *title, uint32_t site) {
    if (!site || !mt_region_own || site >= mt_region_count(mt_region_own, MT_TABLE_SITES))
        return;
    mt_out_text(out, "  ");
    mt_out_text(out, title);
    mt_out_text(out, ":\n");
    uint32_t node = mt_tree_node(site);
    for (unsigned depth = 0; node && depth < STACK_LINES; depth++) {
        frame_line(out, depth, &mt_nodes[node]);
        node = mt_nodes[node].parent;
    }
}

static void field(struct mt_out *out, const char *name, uint64_t value) {
    mt_out_text(out, " ");
    mt_out_text(out, name);
    mt_out_text(out, "=");
    mt_out_u64(out, value);
}

static void print(const struct report *report) {
    struct mt_out out;
    const struct mt_block *block = report->block;
    mt_out_init(&out, mt_log_fd(), buffer, sizeof buffer);
    mt_out_text(&out, "mtalloc: ERROR: ");
    mt_out_text(&out, event_name[report->kind]);
    if (block)
        field(&out, "size", block->size);
    for (unsigned i = 0; i < 3 && report->field[i].name; i++)
        field(&out, report->field[i].name, report->field[i].value);
    if (block) {
        field(&out, "id", block->id);
        mt_out_text(&out, " site=");
        mt_out_hex(&out, mt_nodes[mt_tree_node(block->site)].signature, 16);
    }
    if (report->detail) {
        mt_out_text(&out, " ");
        mt_out_text(&out, report->detail);
    }
    mt_out_text(&out, "\n");
    stack(&out, "detected by", report->error_site);
    if (block)
        stack(&out, "allocated by", block->site);
    mt_out_flush(&out);
}

static void emit(struct report *report, struct mt_thread *thread, uintptr_t entry) {
    if (thread)
        report->error_site = mt_capture_full(thread, entry, thread->shared).site;
    struct mt_event_facts facts = {.kind = report->kind,
                                   .error_site = report->error_site,
                                   .value = report->field[0].value};
    if (report->block) {
        facts.id = report->block->id;
        facts.size = report->block->size;
        facts.alloc_site = report->block->site;
    }
    mt_region_event(&facts);
    if (mt_log_fd() < 0)
        return;
    struct mt_quiet quiet;
    mt_quiet_begin(&quiet, 0);
    for (int tries = 0; atomic_exchange(&busy, 1) && tries < 1000000; tries++)
        ;
    print(report);
    atomic_store(&busy, 0);
    mt_quiet_end(&quiet);
}

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
    struct report report = {.kind = MT_EVENT_INVALID_FREE};
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
    emit(&report, thread, entry);
    end_if_told();
}

void mt_report_overflow(struct mt_thread *thread, const struct mt_block *block,
                        uintptr_t entry) {
    unsigned __int128 damage = mt_canary_difference(block->user, block->size);
    unsigned bytes = 16 - (unsigned)(block->size & 15), first = bytes, count = 0;
    for (unsigned i = 0; i < bytes; i++) {
        if (!((damage >> 8 * i) & 0xff))
            continue;
        count++;
        if (first == bytes)
            first = i;
    }
    struct report report = {.kind = MT_EVENT_OVERFLOW,
                            .block = block,
                            .field = {{"offset", block->size + first}, {"damaged", count}}};
    emit(&report, thread, entry);
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

static void mismatch(struct report *report, struct mt_thread *thread, uintptr_t entry) {
    if (!first_time(report->block->site) && mt_options->preset != MT_PRESET_TEST)
        return;
    emit(report, thread, entry);
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
    struct report report = {
        .kind = MT_EVENT_KIND_MISMATCH, .block = block, .detail = detail[freed][allocated]};
    mismatch(&report, thread, entry);
}

void mt_report_size(struct mt_thread *thread, const struct mt_block *block, size_t said,
                    uintptr_t entry) {
    struct report report = {.kind = MT_EVENT_SIZE_MISMATCH,
                            .block = block,
                            .field = {{"freed_size", mt_plausible_size(said)}}};
    mismatch(&report, thread, entry);
}
