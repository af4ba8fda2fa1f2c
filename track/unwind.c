#include "track/unwind.h"

#include "track/cfi.h"

#define EXPRESSION_DEPTH 8
#define EXPRESSION_STEPS 256
#define WALK_MOST        (MT_STACK_FRAMES + 64)

/* DWARF 5, 7.7.1: those operations that describe frames in practice. */
enum {
    OP_DEREF = 0x06,
    OP_CONST1U = 0x08,
    OP_CONST1S,
    OP_CONST2U,
    OP_CONST2S,
    OP_CONST4U,
    OP_CONST4S,
    OP_CONST8U,
    OP_CONST8S,
    OP_CONSTU,
    OP_CONSTS,
    OP_DUP,
    OP_DROP,
    OP_OVER,
    OP_SWAP = 0x16,
    OP_AND = 0x1a,
    OP_MINUS = 0x1c,
    OP_OR = 0x21,
    OP_PLUS,
    OP_PLUS_UCONST,
    OP_SHL,
    OP_SHR,
    OP_XOR = 0x27,
    OP_EQ = 0x29,
    OP_GE,
    OP_GT,
    OP_LE,
    OP_LT,
    OP_NE,
    OP_LIT0 = 0x30,
    OP_LIT31 = 0x4f,
    OP_BREG0 = 0x70,
    OP_BREG31 = 0x8f,
    OP_NOP = 0x96
};

struct evaluation {
    struct mt_thread *thread;
    const struct mt_registers *registers;
    uint64_t stack[EXPRESSION_DEPTH];
    unsigned depth;
    bool bad;
};

static void push(struct evaluation *e, uint64_t value) {
    if (e->depth == EXPRESSION_DEPTH)
        e->bad = true;
    else
        e->stack[e->depth++] = value;
}

static uint64_t pop(struct evaluation *e) {
    if (!e->depth) {
        e->bad = true;
        return 0;
    }
    return e->stack[--e->depth];
}

static bool load(struct mt_thread *thread, uintptr_t at, uintptr_t *value) {
    if (!mt_stack_readable(thread, at))
        return false;
    *value = *(const uintptr_t *)at;
    return true;
}

static void binary(struct evaluation *e, unsigned op) {
    uint64_t b = pop(e), a = pop(e);
    int64_t sa = (int64_t)a, sb = (int64_t)b;
    switch (op) {
    case OP_AND:
        push(e, a & b);
        return;
    case OP_OR:
        push(e, a | b);
        return;
    case OP_XOR:
        push(e, a ^ b);
        return;
    case OP_PLUS:
        push(e, a + b);
        return;
    case OP_MINUS:
        push(e, a - b);
        return;
    case OP_SHL:
        push(e, b < 64 ? a << b : 0);
        return;
    case OP_SHR:
        push(e, b < 64 ? a >> b : 0);
        return;
    case OP_EQ:
        push(e, a == b);
        return;
    case OP_NE:
        push(e, a != b);
        return;
    case OP_GE:
        push(e, sa >= sb);
        return;
    case OP_GT:
        push(e, sa > sb);
        return;
    case OP_LE:
        push(e, sa <= sb);
        return;
    case OP_LT:
        push(e, sa < sb);
        return;
    default:
        e->bad = true;
    }
}

static void constant(struct evaluation *e, struct mt_cfi_view *view, unsigned op) {
    unsigned bytes = 1u << ((op - OP_CONST1U) / 2);
    uint64_t value = mt_cfi_fixed(view, bytes);
    if ((op - OP_CONST1U) % 2) {
        unsigned shift = 64 - 8 * bytes;
        value = (uint64_t)((int64_t)(value << shift) >> shift);
    }
    push(e, value);
}

static void stack_operation(struct evaluation *e, unsigned op) {
    uint64_t top = pop(e), below;
    switch (op) {
    case OP_DROP:
        return;
    case OP_DUP:
        push(e, top);
        push(e, top);
        return;
    default:
        below = pop(e);
        push(e, op == OP_OVER ? below : top);
        push(e, op == OP_OVER ? top : below);
        if (op == OP_OVER)
            push(e, below);
    }
}

static void operation(struct evaluation *e, struct mt_cfi_view *view) {
    unsigned op = (unsigned)mt_cfi_fixed(view, 1);
    uintptr_t word;
    if (op >= OP_LIT0 && op <= OP_LIT31)
        push(e, op - OP_LIT0);
    else if (op >= OP_BREG0 && op <= OP_BREG31) {
        int64_t offset = mt_cfi_sleb(view);
        if (op - OP_BREG0 >= MT_REG_COUNT)
            e->bad = true;
        else
            push(e, e->registers->r[op - OP_BREG0] + (uint64_t)offset);
    } else if (op >= OP_CONST1U && op <= OP_CONST8S)
        constant(e, view, op);
    else if (op == OP_CONSTU)
        push(e, mt_cfi_uleb(view));
    else if (op == OP_CONSTS)
        push(e, (uint64_t)mt_cfi_sleb(view));
    else if (op == OP_PLUS_UCONST)
        push(e, pop(e) + mt_cfi_uleb(view));
    else if (op == OP_DEREF) {
        if (load(e->thread, pop(e), &word))
            push(e, word);
        else
            e->bad = true;
    } else if (op == OP_DUP || op == OP_DROP || op == OP_OVER || op == OP_SWAP)
        stack_operation(e, op);
    else if (op != OP_NOP)
        binary(e, op);
}

static bool evaluate(struct mt_thread *thread, const struct mt_registers *registers,
                     struct mt_cfi_view view, const uintptr_t *initial, uintptr_t *value) {
    struct evaluation e = {.thread = thread, .registers = registers};
    if (initial)
        push(&e, *initial);
    for (unsigned steps = 0; view.at < view.end && !view.bad && !e.bad; steps++) {
        if (steps == EXPRESSION_STEPS)
            return false;
        operation(&e, &view);
    }
    *value = pop(&e);
    return !view.bad && !e.bad;
}

struct walk {
    struct mt_thread *thread;
    struct mt_registers registers;
    bool interrupted; /* the current frame was interrupted: its pc is exact */
    bool root;        /* the last step found that there is no caller */
};

static bool restore(struct walk *w, const struct mt_module_slot *module,
                    const struct mt_cfi_row *row, unsigned reg, uintptr_t cfa,
                    uintptr_t *value) {
    const struct mt_cfi_rule *rule = &row->reg[reg];
    switch (rule->how) {
    case MT_CFI_SAME:
    case MT_CFI_UNDEFINED:
        *value = w->registers.r[reg];
        return true;
    case MT_CFI_OFFSET:
        return load(w->thread, cfa + (uintptr_t)(intptr_t)rule->value, value);
    case MT_CFI_VAL_OFFSET:
        *value = cfa + (uintptr_t)(intptr_t)rule->value;
        return true;
    case MT_CFI_REGISTER:
        if ((unsigned)rule->value >= MT_REG_COUNT)
            return false;
        *value = w->registers.r[rule->value];
        return true;
    case MT_CFI_EXPRESSION:
        return evaluate(w->thread, &w->registers, mt_cfi_block(module, rule->value), &cfa,
                        value) &&
               load(w->thread, *value, value);
    default:
        return evaluate(w->thread, &w->registers, mt_cfi_block(module, rule->value), &cfa,
                        value);
    }
}

static bool find_cfa(struct walk *w, const struct mt_module_slot *module,
                     const struct mt_cfi_row *row, uintptr_t *cfa) {
    if (row->cfa_is_expression)
        return evaluate(w->thread, &w->registers, mt_cfi_block(module, row->cfa_value),
                        NULL, cfa);
    *cfa = w->registers.r[row->cfa_register] + (uintptr_t)(intptr_t)row->cfa_value;
    return true;
}

static bool step(struct walk *w) {
    struct mt_cfi_row row;
    struct mt_registers caller = {{0}};
    uintptr_t cfa, pc = w->registers.r[MT_REG_RA] - !w->interrupted;
    const struct mt_module_slot *module = mt_module_find(pc);
    if (!module || !mt_cfi_find(module, pc, &row)) {
        w->root = module && mt_cfi_begins_at(module, pc + 1);
        return false;
    }
    if (row.reg[MT_REG_RA].how == MT_CFI_UNDEFINED) {
        w->root = true;
        return false;
    }
    if (!find_cfa(w, module, &row, &cfa))
        return false;
    for (unsigned reg = 0; reg < MT_REG_COUNT; reg++) {
        if (reg == MT_REG_SP && row.reg[reg].how == MT_CFI_SAME)
            caller.r[reg] = cfa;
        else if (!restore(w, module, &row, reg, cfa, &caller.r[reg]))
            return false;
    }
    if (!row.signal_frame && caller.r[MT_REG_SP] <= w->registers.r[MT_REG_SP])
        return false; /* only a signal handler's stack may lie elsewhere */
    w->registers = caller;
    w->interrupted = row.signal_frame;
    return true;
}

static struct mt_cursor cursor_of(const struct walk *w) {
    const uintptr_t *r = w->registers.r;
    return (struct mt_cursor){r[MT_REG_RA] + w->interrupted, r[MT_REG_SP], r[MT_REG_BP]};
}

/* Walks until the frame at `target` is the current one. */
static bool walk_to(struct walk *w, const struct mt_cursor *target) {
    w->interrupted = true; /* the registers taken here are exact */
    for (unsigned i = 0; i < WALK_MOST; i++) {
        struct mt_cursor here = cursor_of(w);
        if (here.sp == target->sp && here.pc == target->pc)
            return true;
        if (!step(w))
            return false;
    }
    return false;
}

MT_COLD bool mt_unwind_step(struct mt_thread *thread, struct mt_cursor *cursor,
                            bool *root) {
    struct walk w = {.thread = thread};
    MT_REGISTERS_HERE(&w.registers);
    if (!walk_to(&w, cursor))
        return false;
    bool stepped = step(&w);
    *root = w.root;
    if (stepped)
        *cursor = cursor_of(&w);
    return stepped;
}

/* All frames from the current one on. */
static uint32_t all_from(struct walk *w, uintptr_t *pc, uint32_t most, bool *complete) {
    uint32_t count = 0;
    *complete = false;
    do {
        if (count == most)
            return count;
        pc[count++] = cursor_of(w).pc;
    } while (step(w));
    *complete = w->root;
    return count;
}

MT_COLD uint32_t mt_unwind_all(struct mt_thread *thread, const struct mt_cursor *cursor,
                               uintptr_t *pc, uint32_t most, bool *complete) {
    struct walk w = {.thread = thread};
    *complete = false;
    MT_REGISTERS_HERE(&w.registers);
    return walk_to(&w, cursor) ? all_from(&w, pc, most, complete) : 0;
}

MT_COLD uint32_t mt_unwind_interrupted(struct mt_thread *thread,
                                       const struct mt_registers *registers, uintptr_t *pc,
                                       uint32_t most, bool *complete) {
    struct walk w = {.thread = thread, .registers = *registers, .interrupted = true};
    return all_from(&w, pc, most, complete);
}
