/* The steps that are not ordinary: see track/walk.h. */
#include "track/counters.h"
#include "track/walk.h"

static enum mt_step step_slow(struct mt_thread *thread, struct mt_cursor *cursor) {
    bool root = false;
    mt_add_u64(&thread->shard->slow, 1, thread->shared);
    if (mt_unwind_step(thread, cursor, &root))
        return MT_STEPPED;
    return root ? MT_STEP_ROOT : MT_STEP_BROKEN;
}

/* A word of any stack. On a foreign one it may be gone the next time. */
static bool read_word(struct mt_thread *thread, uintptr_t at, uintptr_t *word,
                      bool *lasts) {
    if (!mt_stack_readable(thread, at))
        return false;
    if (at - thread->low >= thread->span)
        *lasts = false;
    *word = *(const uintptr_t *)at;
    return true;
}

static enum mt_step step_by(struct mt_thread *thread, struct mt_cursor *cursor,
                            mt_packed_rule rule, bool *lasts) {
    uintptr_t cfa, pc, bp = cursor->bp, base;
    switch (mt_rule_kind_of(rule)) {
    case MT_RULE_SP:
        base = cfa = cursor->sp + (uintptr_t)mt_rule_cfa(rule);
        break;
    case MT_RULE_BP:
        base = cfa = bp + (uintptr_t)mt_rule_cfa(rule);
        break;
    case MT_RULE_BP_DEREF:
        base = bp;
        if (!read_word(thread, bp + (uintptr_t)mt_rule_cfa(rule), &cfa, lasts))
            return MT_STEP_BROKEN;
        break;
    default:
        return MT_STEP_BROKEN;
    }
    if (cfa <= cursor->sp || !read_word(thread, cfa - sizeof cfa, &pc, lasts))
        return MT_STEP_BROKEN;
    if (mt_rule_bp_saved(rule) &&
        !read_word(thread, base + (uintptr_t)mt_rule_bp(rule), &bp, lasts))
        return MT_STEP_BROKEN;
    *cursor = (struct mt_cursor){pc, cfa, bp};
    return MT_STEPPED;
}

MT_COLD enum mt_step mt_step_general(struct mt_thread *thread, struct mt_cursor *cursor,
                                     mt_packed_rule *rule) {
    bool lasts = true;
    if (mt_rule_kind_of(*rule) == MT_RULE_ROOT)
        return MT_STEP_ROOT;
    if (mt_rule_kind_of(*rule) == MT_RULE_SLOW)
        return step_slow(thread, cursor);
    enum mt_step end = step_by(thread, cursor, *rule, &lasts);
    if (end == MT_STEP_BROKEN || !lasts) /* what broke it need not last */
        *rule = MT_RULE_SLOW;
    return end;
}

MT_COLD void mt_known_rule_find(struct mt_known_rule *known, uintptr_t pc, uint32_t epoch) {
    known->rule = mt_rule_get(pc - 1, epoch);
    known->pc = mt_rule_kind_of(known->rule) != MT_RULE_UNKNOWN ? pc : 0;
}
