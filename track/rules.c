#include "track/rules.h"

#include "track/cfi.h"

struct mt_pair mt_rule_cache[1u << MT_RULE_CACHE_BITS];

void mt_rule_forget(void) {
    mt_pairs_forget(mt_rule_cache, 1u << MT_RULE_CACHE_BITS);
}

/* DW_OP_bregN; DW_OP_deref (DWARF 5, 7.7.1). */
enum { OP_BREG0 = 0x70, OP_DEREF = 0x06 };

/* True for "register + offset" [, deref]: sets the offset. */
static bool is_breg(const struct mt_module_slot *module, int32_t place, unsigned reg,
                    bool deref, int64_t *offset) {
    struct mt_cfi_view view = mt_cfi_block(module, place);
    if (mt_cfi_fixed(&view, 1) != OP_BREG0 + reg)
        return false;
    *offset = mt_cfi_sleb(&view);
    if (deref && mt_cfi_fixed(&view, 1) != OP_DEREF)
        return false;
    return !view.bad && view.at == view.end;
}

static bool fits(int64_t offset) {
    return offset > -MT_RULE_OFFSET_LIMIT && offset < MT_RULE_OFFSET_LIMIT;
}

static mt_packed_rule pack(enum mt_rule_kind kind, int64_t cfa, bool saved, int64_t bp) {
    if (!fits(cfa) || !fits(bp))
        return MT_RULE_SLOW;
    return (uint64_t)kind | (saved ? 8u : 0u) | ((uint64_t)cfa & 0x3fffffff) << 4 |
           (uint64_t)bp << 34;
}

static mt_packed_rule from_row(const struct mt_module_slot *module,
                               const struct mt_cfi_row *row) {
    const struct mt_cfi_rule *ra = &row->reg[MT_REG_RA], *bp = &row->reg[MT_REG_BP];
    if (ra->how == MT_CFI_UNDEFINED)
        return MT_RULE_ROOT;
    if (row->signal_frame || ra->how != MT_CFI_OFFSET || ra->value != -8)
        return MT_RULE_SLOW;
    if (row->reg[MT_REG_SP].how != MT_CFI_SAME)
        return MT_RULE_SLOW;
    if (row->cfa_is_expression) {
        int64_t cfa, saved;
        if (!is_breg(module, row->cfa_value, MT_REG_BP, true, &cfa) ||
            bp->how != MT_CFI_EXPRESSION ||
            !is_breg(module, bp->value, MT_REG_BP, false, &saved))
            return MT_RULE_SLOW;
        return pack(MT_RULE_BP_DEREF, cfa, true, saved);
    }
    if (bp->how != MT_CFI_SAME && bp->how != MT_CFI_OFFSET)
        return MT_RULE_SLOW;
    bool saved = bp->how == MT_CFI_OFFSET;
    if (saved && (bp->value > -16 || bp->value & 7))
        return MT_RULE_SLOW;
    /* The fast step (walk.h) reads these without a test of its own: within the frame. */
    if (row->cfa_register == MT_REG_SP && row->cfa_value >= 8 && !(row->cfa_value & 7) &&
        (!saved || row->cfa_value + bp->value >= 0))
        return pack(MT_RULE_SP, row->cfa_value, saved, bp->value);
    if (row->cfa_register == MT_REG_BP)
        return pack(MT_RULE_BP, row->cfa_value, saved, bp->value);
    return MT_RULE_SLOW;
}

MT_COLD mt_packed_rule mt_rule_make(uintptr_t lookup, uint64_t key) {
    struct mt_cfi_row row;
    const struct mt_module_slot *module = mt_module_find(lookup);
    mt_packed_rule rule = MT_RULE_UNKNOWN;
    if (module && mt_cfi_find(module, lookup, &row))
        rule = from_row(module, &row);
    else if (module && mt_cfi_begins_at(module, lookup + 1))
        rule = MT_RULE_ROOT;
    /* Code outside all modules can change without notice; nothing is remembered of it. */
    if (module)
        mt_pair_put(mt_rule_entry_of(lookup), key, rule);
    return rule;
}
