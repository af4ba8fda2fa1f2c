/* Running the call frame instructions of a CIE and an FDE up to one address. */
#include "track/cfi.h"

#include "track/cfi_read.h"

/* Call frame instructions, DWARF 5 table 7.29, and GNU's two. */
enum {
    CFA_ADVANCE_LOC = 1,
    CFA_OFFSET = 2,
    CFA_RESTORE = 3, /* in the two high bits */
    CFA_NOP = 0x00,
    CFA_SET_LOC,
    CFA_ADVANCE_LOC1,
    CFA_ADVANCE_LOC2,
    CFA_ADVANCE_LOC4,
    CFA_OFFSET_EXTENDED,
    CFA_RESTORE_EXTENDED,
    CFA_UNDEFINED,
    CFA_SAME_VALUE,
    CFA_REGISTER,
    CFA_REMEMBER_STATE,
    CFA_RESTORE_STATE,
    CFA_DEF_CFA,
    CFA_DEF_CFA_REGISTER,
    CFA_DEF_CFA_OFFSET,
    CFA_DEF_CFA_EXPRESSION,
    CFA_EXPRESSION,
    CFA_OFFSET_EXTENDED_SF,
    CFA_DEF_CFA_SF,
    CFA_DEF_CFA_OFFSET_SF,
    CFA_VAL_OFFSET,
    CFA_VAL_OFFSET_SF,
    CFA_VAL_EXPRESSION,
    CFA_GNU_ARGS_SIZE = 0x2e,
    CFA_GNU_NEGATIVE_OFFSET = 0x2f
};

#define REMEMBER_MAX 4 /* compilers nest one deep */

struct machine {
    const struct mt_module_slot *module;
    const struct mt_cfi_entry *entry;
    struct mt_cfi_row *row;
    uintptr_t pc; /* stop before the row that starts behind it */
    uintptr_t location;
    unsigned remembered;
    struct mt_cfi_row initial; /* after the CIE, for the restore instructions */
    struct mt_cfi_row memory[REMEMBER_MAX];
};

static void set(struct machine *m, struct mt_cfi_view *view, uint64_t reg, unsigned how,
                int64_t value) {
    if (value != (int32_t)value)
        view->bad = true;
    else if (reg < MT_REG_COUNT)
        m->row->reg[reg] = (struct mt_cfi_rule){(int32_t)value, (uint8_t)how};
    /* Registers beyond are vector registers; no frame's address depends on them. */
}

static void restore(struct machine *m, uint64_t reg) {
    if (reg < MT_REG_COUNT)
        m->row->reg[reg] = m->initial.reg[reg];
}

static void define_cfa(struct machine *m, struct mt_cfi_view *view, uint64_t reg,
                       int64_t offset) {
    if (reg >= MT_REG_COUNT || offset != (int32_t)offset)
        view->bad = true;
    m->row->cfa_register = (uint8_t)reg;
    m->row->cfa_value = (int32_t)offset;
    m->row->cfa_is_expression = false;
}

/* The place of an expression block, which is stepped over. */
static int32_t block(struct machine *m, struct mt_cfi_view *view) {
    uint64_t place = (uintptr_t)view->at - m->module->unwind_start;
    uint64_t length = mt_cfi_uleb(view);
    if (length > (uint64_t)(view->end - view->at) || place > INT32_MAX) {
        view->bad = true;
        return 0;
    }
    view->at += length;
    return (int32_t)place;
}

/* In units of the CIE's data alignment. Damaged tables may name any; they wrap. */
static int64_t scaled(const struct machine *m, uint64_t value) {
    return (int64_t)(value * (uint64_t)m->entry->data_align);
}

static void advance(struct machine *m, uint64_t delta) {
    m->location += delta * m->entry->code_align;
}

static void run_register(struct machine *m, struct mt_cfi_view *view, unsigned op) {
    uint64_t reg = mt_cfi_uleb(view);
    switch (op) {
    case CFA_OFFSET_EXTENDED:
        set(m, view, reg, MT_CFI_OFFSET, scaled(m, mt_cfi_uleb(view)));
        break;
    case CFA_OFFSET_EXTENDED_SF:
        set(m, view, reg, MT_CFI_OFFSET, scaled(m, (uint64_t)mt_cfi_sleb(view)));
        break;
    case CFA_GNU_NEGATIVE_OFFSET:
        set(m, view, reg, MT_CFI_OFFSET, scaled(m, -mt_cfi_uleb(view)));
        break;
    case CFA_VAL_OFFSET:
        set(m, view, reg, MT_CFI_VAL_OFFSET, scaled(m, mt_cfi_uleb(view)));
        break;
    case CFA_VAL_OFFSET_SF:
        set(m, view, reg, MT_CFI_VAL_OFFSET, scaled(m, (uint64_t)mt_cfi_sleb(view)));
        break;
    case CFA_REGISTER:
        set(m, view, reg, MT_CFI_REGISTER, (int64_t)mt_cfi_uleb(view));
        break;
    case CFA_UNDEFINED:
        set(m, view, reg, MT_CFI_UNDEFINED, 0);
        break;
    case CFA_SAME_VALUE:
        set(m, view, reg, MT_CFI_SAME, 0);
        break;
    case CFA_RESTORE_EXTENDED:
        restore(m, reg);
        break;
    case CFA_EXPRESSION:
        set(m, view, reg, MT_CFI_EXPRESSION, block(m, view));
        break;
    case CFA_VAL_EXPRESSION:
        set(m, view, reg, MT_CFI_VAL_EXPRESSION, block(m, view));
        break;
    case CFA_DEF_CFA:
        define_cfa(m, view, reg, (int64_t)mt_cfi_uleb(view));
        break;
    case CFA_DEF_CFA_SF:
        define_cfa(m, view, reg, scaled(m, (uint64_t)mt_cfi_sleb(view)));
        break;
    case CFA_DEF_CFA_REGISTER:
        define_cfa(m, view, reg, m->row->cfa_value);
        break;
    default:
        view->bad = true;
    }
}

static void run_state(struct machine *m, struct mt_cfi_view *view, bool remember) {
    if (remember && m->remembered < REMEMBER_MAX)
        m->memory[m->remembered++] = *m->row;
    else if (!remember && m->remembered > 0) {
        bool signal_frame = m->row->signal_frame;
        *m->row = m->memory[--m->remembered];
        m->row->signal_frame = signal_frame;
    } else
        view->bad = true;
}

static void run_one(struct machine *m, struct mt_cfi_view *view) {
    unsigned op = (unsigned)mt_cfi_fixed(view, 1), low = op & 0x3f;
    switch (op >> 6) {
    case CFA_ADVANCE_LOC:
        advance(m, low);
        return;
    case CFA_OFFSET:
        set(m, view, low, MT_CFI_OFFSET, scaled(m, mt_cfi_uleb(view)));
        return;
    case CFA_RESTORE:
        restore(m, low);
        return;
    }
    switch (op) {
    case CFA_NOP:
        return;
    case CFA_ADVANCE_LOC1:
        advance(m, mt_cfi_fixed(view, 1));
        return;
    case CFA_ADVANCE_LOC2:
        advance(m, mt_cfi_fixed(view, 2));
        return;
    case CFA_ADVANCE_LOC4:
        advance(m, mt_cfi_fixed(view, 4));
        return;
    case CFA_REMEMBER_STATE:
    case CFA_RESTORE_STATE:
        run_state(m, view, op == CFA_REMEMBER_STATE);
        return;
    case CFA_DEF_CFA_OFFSET:
        define_cfa(m, view, m->row->cfa_register, (int64_t)mt_cfi_uleb(view));
        return;
    case CFA_DEF_CFA_OFFSET_SF:
        define_cfa(m, view, m->row->cfa_register, scaled(m, (uint64_t)mt_cfi_sleb(view)));
        return;
    case CFA_DEF_CFA_EXPRESSION:
        m->row->cfa_value = block(m, view);
        m->row->cfa_is_expression = true;
        return;
    case CFA_GNU_ARGS_SIZE:
        (void)mt_cfi_uleb(view);
        return;
    default: /* DW_CFA_set_loc, which no compiler here emits, is an error too */
        run_register(m, view, op);
    }
}

/* Stops behind the last instruction, or when the location has passed pc: the row in
 * force is then the one that was built before that advance. */
static bool run(struct machine *m, struct mt_cfi_view view) {
    while (view.at < view.end && !view.bad) {
        run_one(m, &view);
        if (m->location > m->pc)
            break;
    }
    return !view.bad;
}

bool mt_cfi_find(const struct mt_module_slot *module, uintptr_t pc,
                 struct mt_cfi_row *row) {
    struct mt_cfi_entry entry;
    if (!mt_cfi_entry_find(module, pc, &entry))
        return false;
    *row = (struct mt_cfi_row){.signal_frame = entry.signal_frame};
    struct machine m = {
        .module = module, .entry = &entry, .row = row, .pc = pc, .location = entry.begin};
    if (!run(&m, entry.initial))
        return false;
    m.initial = *row;
    return run(&m, entry.instructions);
}

bool mt_cfi_begins_at(const struct mt_module_slot *module, uintptr_t pc) {
    struct mt_cfi_entry entry;
    return mt_cfi_entry_find(module, pc, &entry) && entry.begin == pc;
}
