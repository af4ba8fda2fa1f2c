#include "alloc/guard_report.h"

#include "alloc/guard_slots.h"
#include "alloc/report.h"
#include "alloc/report_print.h"
#include "track/arch.h"

/* Set by the linker: where the functions marked MT_READS_HEADER lie. */
extern MT_HIDDEN const char __start_mt_reads_header[], __stop_mt_reads_header[];

static bool reads_headers(uintptr_t pc) {
    return pc >= (uintptr_t)__start_mt_reads_header &&
           pc < (uintptr_t)__stop_mt_reads_header;
}

static bool inside(const struct mt_block *block, uintptr_t at) {
    return at - (uintptr_t)block->user < block->size;
}

/* What is said of an access: where it was, from the block's start, or how far before that.
 */
static void describe_access(struct mt_finding *finding, const struct mt_guard_hit *hit,
                            uintptr_t at, bool write) {
    uintptr_t user = (uintptr_t)hit->block.user;
    bool before = at < user;
    finding->field[0].name = before ? "before" : "offset";
    finding->field[0].value = before ? user - at : at - user;
    finding->free_site = hit->free_site;
    if (hit->freed)
        finding->kind =
            write ? MT_EVENT_USE_AFTER_FREE_WRITE : MT_EVENT_USE_AFTER_FREE_READ;
    else if (before)
        finding->kind = write ? MT_EVENT_UNDERFLOW : MT_EVENT_UNDERFLOW_READ;
    else
        finding->kind = write ? MT_EVENT_OVERFLOW : MT_EVENT_OVERFLOW_READ;
}

/* A pointer that is freed and begins no live block. */
static void report_pointer(struct mt_thread *thread, void *user, uintptr_t entry,
                           const struct mt_registers *registers) {
    struct mt_guard_hit hit;
    struct mt_finding finding = {.kind = MT_EVENT_INVALID_FREE,
                                 .registers = registers,
                                 .detail = "no block of this allocator"};
    bool found = mt_guard_find((uintptr_t)user, &hit);
    bool begins = found && user == hit.block.user;
    if (found && (begins || inside(&hit.block, (uintptr_t)user))) {
        finding.block = &hit.block;
        finding.free_site = hit.free_site;
        finding.detail = NULL;
        if (begins)
            finding.kind = hit.freed ? MT_EVENT_DOUBLE_FREE : MT_EVENT_UNDERFLOW;
        else {
            finding.field[0].name = "offset";
            finding.field[0].value = (uintptr_t)user - (uintptr_t)hit.block.user;
        }
        if (!begins)
            finding.detail = hit.freed ? "inside a freed block" : "inside a block";
        else if (!hit.freed)
            finding.detail = "the 16 bytes before the block were written";
    }
    mt_finding_emit(&finding, thread, entry);
}

void mt_report_guarded(struct mt_thread *thread, void *user, uintptr_t entry) {
    report_pointer(thread, user, entry, NULL);
    mt_report_found_end();
}

/* A live block is open to its program, whatever that did to the page's rights itself. A
 * page that was opened to a jump would still not be executable. */
enum mt_guard_verdict mt_guard_fault(uintptr_t at, const ucontext_t *context) {
    struct mt_guard_hit hit;
    struct mt_registers registers;
    bool write = mt_fault_writes(context);
    mt_registers_of(context, &registers);
    if (!write && reads_headers(registers.r[MT_REG_RA])) {
        if (mt_guard_let(at, false))
            return MT_FAULT_LET; /* free comes to the same end by another way */
        report_pointer(mt_enter(), (void *)((at & ~(uintptr_t)15) + 16), 0, &registers);
        return MT_FAULT_LAST;
    }
    if (!mt_guard_find(at, &hit) || (!hit.freed && inside(&hit.block, at)))
        return MT_FAULT_FOREIGN;
    struct mt_finding finding = {.block = &hit.block, .registers = &registers};
    describe_access(&finding, &hit, at, write);
    mt_finding_emit(&finding, mt_enter(), 0);
    bool jump = at == registers.r[MT_REG_RA] || mt_fault_fetches(context);
    return jump ? MT_FAULT_LAST : MT_FAULT_SAID;
}
