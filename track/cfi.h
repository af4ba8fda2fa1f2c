/*
 * Call frame information: from a code address to the row of rules that holds there.
 *
 * Sources: DWARF 5, section 6.4 (call frame instructions) and 2.5 (expressions); Linux
 * Standard Base 5.0, "Exception Frames" (.eh_frame, .eh_frame_hdr, augmentations).
 * Everything read is taken from memory that might be damaged: each read is checked
 * against the segment that holds the tables.
 */
#ifndef MT_TRACK_CFI_H
#define MT_TRACK_CFI_H

#include "track/arch.h"
#include "track/modules.h"
#include <stdbool.h>

enum mt_cfi_how {
    MT_CFI_SAME, /* not saved: the caller's value is the current one */
    MT_CFI_UNDEFINED,
    MT_CFI_OFFSET,     /* saved at CFA + value */
    MT_CFI_VAL_OFFSET, /* is CFA + value */
    MT_CFI_REGISTER,   /* in register `value` */
    MT_CFI_EXPRESSION, /* saved where the expression says */
    MT_CFI_VAL_EXPRESSION
};

struct mt_cfi_rule {
    int32_t value; /* for expressions: place of the block, from the segment's start */
    uint8_t how;
};

struct mt_cfi_row {
    struct mt_cfi_rule reg[MT_REG_COUNT];
    int32_t cfa_value; /* offset from the register, or place of the expression block */
    uint8_t cfa_register;
    bool cfa_is_expression;
    bool signal_frame; /* augmentation "S": the caller was interrupted, not calling */
};

/* A window on the unwind tables; `bad` is set by the first read outside. */
struct mt_cfi_view {
    const uint8_t *at, *end;
    bool bad;
};
uint64_t mt_cfi_fixed(struct mt_cfi_view *view, unsigned bytes);
uint64_t mt_cfi_uleb(struct mt_cfi_view *view);
int64_t mt_cfi_sleb(struct mt_cfi_view *view);

/* The expression block that a rule names. */
struct mt_cfi_view mt_cfi_block(const struct mt_module_slot *module, int32_t place);

/* Finds the row that holds at `pc` (an address inside the instruction of interest).
 * False: no unwind information, or none that can be understood. MT_SIGNAL_SAFE. */
bool mt_cfi_find(const struct mt_module_slot *module, uintptr_t pc, struct mt_cfi_row *row);

/* True if a function begins at `pc`. Where nothing covers pc - 1 either, no call returns to
 * it: makecontext() put it there as the outermost return address of a coroutine's stack
 * (glibc's __start_context, whose own row does not say "undefined"). */
bool mt_cfi_begins_at(const struct mt_module_slot *module, uintptr_t pc);

#endif
