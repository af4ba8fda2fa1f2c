/*
 * libFuzzer's entry: any bytes as the unwind tables of a module (.eh_frame_hdr first, as
 * it lies in a file). Rows are looked up at the addresses that the table names and next to
 * them, packed into rules, and stepped with, fast and in full, on a stack that is nowhere
 * readable but in an array. Only the tables and that array may be read.
 */
#include "track/unwind.c"

#include "track/rules.h"
#include "track/walk.h"
#include <string.h>

#define WORDS     64
#define ROWS_MOST 24
#define HEADER    12 /* bytes before the table of a usual .eh_frame_hdr */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static struct mt_module_slot module;
static struct mt_thread thread;
static uintptr_t stack[WORDS];

/* Every address belongs to the module. */
const struct mt_module_slot *mt_module_find(uintptr_t pc) {
    (void)pc;
    return &module;
}

bool mt_stack_probe(struct mt_thread *self, uintptr_t at) {
    (void)self, (void)at;
    return false;
}

static void fill_stack(void) {
    for (unsigned i = 0; i < WORDS; i++)
        stack[i] = (uintptr_t)&stack[(i * 7 + 3) % WORDS];
    thread.low = (uintptr_t)stack;
    thread.span = sizeof stack - 7;
}

static void step_by_rule(uintptr_t pc) {
    mt_packed_rule rule = mt_rule_make(pc, mt_pair_key(pc, 1));
    for (unsigned place = 0; place < WORDS; place += 5) {
        struct mt_cursor cursor = {pc + 1, (uintptr_t)&stack[place],
                                   (uintptr_t)&stack[WORDS - 1 - place]};
        (void)mt_step_ordinary(&thread, &cursor, rule);
    }
}

static void step_in_full(uintptr_t pc) {
    struct walk w = {.thread = &thread};
    for (unsigned reg = 0; reg < MT_REG_COUNT; reg++)
        w.registers.r[reg] = (uintptr_t)&stack[reg];
    w.registers.r[MT_REG_RA] = pc + 1;
    for (int i = 0; i < 4 && step(&w); i++)
        ;
}

static void look_at(uintptr_t pc) {
    struct mt_cfi_row row;
    (void)mt_cfi_find(&module, pc, &row);
    (void)mt_cfi_begins_at(&module, pc);
    step_by_rule(pc);
    step_in_full(pc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    uintptr_t start = (uintptr_t)data;
    module = (struct mt_module_slot){.unwind_start = start,
                                     .unwind_end = start + bytes,
                                     .unwind_header = start,
                                     .id = 1};
    fill_stack();
    look_at(start);
    for (size_t at = HEADER, row = 0; at + 8 <= bytes && row < ROWS_MOST; at += 8, row++) {
        int32_t offset;
        memcpy(&offset, data + at, sizeof offset);
        for (unsigned further = 0; further < 40; further = further * 2 + 3)
            look_at(start + (uintptr_t)(intptr_t)offset + further);
    }
    return 0;
}
