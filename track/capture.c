/*
 * Incremental, verified stack capture.
 *
 * The thread's last stack is kept to its root. A new capture steps outwards by rules until
 * it meets a frame with the same (pc, sp, bp) as one of the last stack. What lies further
 * out is a function of those three, of the rules and of the words of the stack that the
 * steps read; so if each of those words still has its recorded value, the rest of the
 * stack is the same, exactly, and is taken over. Otherwise stepping goes on.
 *
 * Taken over are only frames on the thread's own stack that the fast rules can step: a
 * frame that needed other registers, or that lies on a foreign stack, is a barrier; it and
 * all frames inside of it are stepped again in every capture.
 *
 * DEPTH: a stack of D frames, D > frames, loses its (D - frames) / 32 * 32 outermost ones,
 * and what is left hangs below [cut]. A stack of which 1,024 frames do not reach the root
 * keeps its `frames` innermost. Both depend on the stack alone, never on what was captured
 * before.
 */
#include "track/capture.h"

#include "track/counters.h"
#include "track/last_stack.h"
#include "track/rules.h"
#include "track/tree.h"
#include "track/unwind.h"
#include "track/verify.h"
#include "base/pages.h"
#include <string.h>

#define CUT_BLOCK 32u

uint32_t mt_capture_frames = 64;

enum outcome { STEPPED, ROOT, BROKEN };

static MT_COLD enum outcome step_slow(struct mt_thread *thread, struct mt_cursor *cursor,
                                      struct mt_fresh_frame *fresh) {
    bool root = false;
    fresh->barrier = true;
    mt_add_u64(&thread->shard->slow, 1, thread->shared);
    if (mt_unwind_step(thread, cursor, &root))
        return STEPPED;
    return root ? ROOT : BROKEN;
}

/* One frame outwards. What the step depends on goes to `fresh`. */
MT_INLINE enum outcome step(struct mt_thread *thread, struct mt_cursor *cursor,
                            struct mt_fresh_frame *fresh) {
    mt_packed_rule rule = mt_rule_get(cursor->pc - 1, thread->epoch);
    uintptr_t cfa, bp = cursor->bp;
    uint32_t words = 0;
    fresh->pc = cursor->pc;
    fresh->sp = cursor->sp;
    fresh->bp = bp;
    fresh->words = 0;
    fresh->barrier = false;
    fresh->bp_word = MT_FRAME_WORDS;
    fresh->bp_any = mt_rule_kind_of(rule) == MT_RULE_SP && mt_rule_bp_saved(rule);
    switch (mt_rule_kind_of(rule)) {
    case MT_RULE_SP:
        cfa = cursor->sp + (uintptr_t)mt_rule_cfa(rule);
        break;
    case MT_RULE_BP:
        cfa = bp + (uintptr_t)mt_rule_cfa(rule);
        break;
    case MT_RULE_BP_DEREF: {
        uintptr_t at = bp + (uintptr_t)mt_rule_cfa(rule);
        if (!mt_stack_readable(thread, at))
            return BROKEN;
        if (MT_UNLIKELY(at - thread->low >= thread->span))
            fresh->barrier = true;
        cfa = *(const uintptr_t *)at;
        fresh->word[words++] = (struct mt_word){(const uintptr_t *)at, cfa};
        break;
    }
    case MT_RULE_ROOT:
        return ROOT;
    case MT_RULE_SLOW:
        return step_slow(thread, cursor, fresh);
    default:
        return BROKEN;
    }
    uintptr_t ra = cfa - sizeof(uintptr_t);
    if (MT_UNLIKELY(cfa <= cursor->sp || !mt_stack_readable(thread, ra)))
        return BROKEN;
    if (mt_rule_bp_saved(rule)) {
        uintptr_t base = mt_rule_kind_of(rule) == MT_RULE_BP_DEREF ? bp : cfa;
        uintptr_t at = base + (uintptr_t)mt_rule_bp(rule);
        if (MT_UNLIKELY(!mt_stack_readable(thread, at)))
            return BROKEN;
        if (MT_UNLIKELY(at - thread->low >= thread->span))
            fresh->barrier = true;
        bp = *(const uintptr_t *)at;
        fresh->bp_word = (uint8_t)words;
        fresh->word[words++] = (struct mt_word){(const uintptr_t *)at, bp};
    }
    if (MT_UNLIKELY(ra - thread->low >= thread->span))
        fresh->barrier = true;
    cursor->pc = *(const uintptr_t *)ra;
    fresh->word[words++] = (struct mt_word){(const uintptr_t *)ra, cursor->pc};
    fresh->words = words;
    cursor->sp = cfa;
    cursor->bp = bp;
    return STEPPED;
}

struct walk {
    uint32_t fresh;   /* frames stepped, innermost first */
    uint32_t kept;    /* frames of the last stack taken over */
    enum outcome end; /* STEPPED: met the last stack, or MT_STACK_FRAMES were not enough */
};

MT_INLINE struct walk walk(struct mt_thread *thread, struct mt_stack *stack,
                           struct mt_cursor cursor) {
    struct walk w = {0, 0, STEPPED};
    uint32_t candidates = stack->count;
    while (w.fresh < MT_STACK_FRAMES) {
        while (candidates && stack->frame[candidates - 1].sp < cursor.sp)
            candidates--;
        if (candidates && candidates <= stack->fixed) {
            const struct mt_frame *frame = &stack->frame[candidates - 1];
            if (frame->sp == cursor.sp && frame->pc == cursor.pc &&
                (frame->bp == cursor.bp || frame->bp_any) &&
                mt_stack_verify(stack, &candidates)) {
                w.kept = candidates;
                return w;
            }
        }
        struct mt_fresh_frame *fresh = &stack->fresh[w.fresh++];
        w.end = step(thread, &cursor, fresh);
        if (MT_UNLIKELY(w.end == BROKEN))
            fresh->barrier = true; /* what broke it need not last */
        if (w.end != STEPPED)
            return w;
    }
    return w;
}

MT_INLINE uint32_t child(struct mt_thread *thread, uint32_t parent, uintptr_t pc) {
    if (MT_UNLIKELY(thread->capturing > 1)) /* the cache may be half-written below us */
        return mt_tree_child(parent, pc);
    struct mt_node_entry *entry =
        &thread
             ->node_cache[(pc ^ pc >> 9 ^ parent * 0x9e3779b1u >> 7) & (MT_NODE_CACHE - 1)];
    if (MT_LIKELY(entry->pc == pc && entry->parent == parent))
        return entry->child;
    uint32_t node = mt_tree_child(parent, pc);
    *entry = (struct mt_node_entry){parent, node, pc};
    return node;
}

uint32_t mt_capture_cut(uint32_t depth) {
    return depth <= mt_capture_frames ? 0
                                      : (depth - mt_capture_frames) / CUT_BLOCK * CUT_BLOCK;
}

static uint32_t base_node(const struct mt_stack *stack, uint32_t cut) {
    return cut ? MT_PSEUDO_CUT : stack->truncated ? MT_PSEUDO_TRUNCATED : 0;
}

/* The root is more than MT_STACK_FRAMES away: the innermost frames, below [cut]. The last
 * stack is left as it is, so that shallower captures still find it. */
static MT_COLD uint32_t deep_site(struct mt_thread *thread, struct mt_stack *stack,
                                  const struct walk *w) {
    uint32_t node = MT_PSEUDO_CUT, left = mt_capture_frames;
    uint32_t from_kept = left > w->fresh ? left - w->fresh : 0;
    for (uint32_t i = w->kept - from_kept; i < w->kept; i++)
        node = child(thread, node, stack->frame[i].pc);
    for (uint32_t i = left < w->fresh ? left : w->fresh; i > 0; i--)
        node = child(thread, node, stack->fresh[i - 1].pc);
    mt_add_u64(&thread->shard->truncated, 1, thread->shared);
    return mt_tree_site(node);
}

/* The nodes of the frames taken over belong to another cut; computes them anew. */
static MT_COLD void recut(struct mt_thread *thread, struct mt_stack *stack, uint32_t cut) {
    stack->cut = cut;
    uint32_t node = base_node(stack, cut);
    for (uint32_t i = cut; i < stack->count; i++)
        node = stack->frame[i].node = child(thread, node, stack->frame[i].pc);
}

/* Makes the walk's result the last stack and returns its site. */
MT_INLINE uint32_t commit(struct mt_thread *thread, struct mt_stack *stack,
                          const struct walk *w) {
    if (!w->fresh && w->kept == stack->count)
        return stack->site;
    uint32_t depth = w->kept + w->fresh, cut = mt_capture_cut(depth);
    stack->count = w->kept;
    if (!w->kept) {
        stack->truncated = w->end != ROOT;
        stack->cut = cut;
        stack->fixed = MT_STACK_FRAMES;
    } else if (MT_UNLIKELY(cut != stack->cut))
        recut(thread, stack, cut);
    if (stack->fixed > w->kept)
        stack->fixed = MT_STACK_FRAMES;
    uint32_t words = w->kept ? stack->frame[w->kept - 1].words : 0;
    uint32_t node = w->kept > cut ? stack->frame[w->kept - 1].node : base_node(stack, cut);
    for (uint32_t i = w->fresh, at = w->kept; i > 0; i--, at++) {
        const struct mt_fresh_frame *fresh = &stack->fresh[i - 1];
        if (at >= cut)
            node = child(thread, node, fresh->pc);
        /* The caller's bp matters only if the caller's own step depends on it. */
        uint32_t skip = at && stack->frame[at - 1].bp_any ? fresh->bp_word : MT_FRAME_WORDS;
        for (uint32_t k = 0; k < fresh->words; k++)
            if (k != skip)
                stack->word[words++] = fresh->word[k];
        if (MT_UNLIKELY(fresh->barrier) && stack->fixed > at)
            stack->fixed = at;
        stack->frame[at] = (struct mt_frame){fresh->pc, fresh->sp,       fresh->bp,
                                             node,      (uint16_t)words, fresh->bp_any};
    }
    stack->count = depth;
    stack->site = mt_tree_site(node);
    return stack->site;
}

static MT_COLD void drop_caches(struct mt_thread *thread, uint32_t epoch) {
    memset(thread->node_cache, 0, sizeof thread->node_cache);
    memset(thread->recent, 0, sizeof thread->recent);
    thread->stack.count = 0;
    thread->epoch = epoch;
}

/* A handler that allocates while a capture is going on: the interrupted one is left alone.
 * One level has a buffer; deeper ones are counted without a stack. */
static MT_COLD struct mt_stack *nested_stack(struct mt_thread *thread) {
    if (thread->capturing > 2)
        return NULL;
    if (!thread->nested)
        thread->nested = mt_pages_map(sizeof *thread->nested);
    if (thread->nested)
        thread->nested->count = 0;
    return thread->nested;
}

/* On a foreign stack nothing is taken over and nothing kept. */
static MT_COLD void leave_foreign(struct mt_stack *stack) {
    stack->count = 0;
}

static uint32_t capture(struct mt_thread *thread, uintptr_t entry) {
    const uintptr_t *frame = (const uintptr_t *)entry;
    struct mt_cursor cursor = {frame[1], entry + 2 * sizeof(uintptr_t), frame[0]};
    struct mt_stack *stack = &thread->stack;
    if (MT_UNLIKELY(thread->capturing > 1) && !(stack = nested_stack(thread)))
        return MT_PSEUDO_NESTED;
    uint32_t epoch = atomic_load_explicit(&mt_module_epoch, memory_order_acquire);
    if (MT_UNLIKELY(epoch != thread->epoch) && thread->capturing == 1)
        drop_caches(thread, epoch);
    bool own = mt_stack_is_own(thread, entry);
    thread->probed_page = 1; /* no page's address */
    if (MT_UNLIKELY(!own))
        leave_foreign(stack);
    struct walk w = walk(thread, stack, cursor);
    struct mt_shard *shard = thread->shard;
    mt_add_u64(&shard->captures, 1, thread->shared);
    mt_add_u64(&shard->stepped, w.fresh, thread->shared);
    mt_add_u64(&shard->verified, w.kept, thread->shared);
    if (MT_UNLIKELY(w.fresh + w.kept > MT_STACK_FRAMES || (w.end == STEPPED && !w.kept)))
        return deep_site(thread, stack, &w);
    uint32_t site = commit(thread, stack, &w);
    if (MT_UNLIKELY(stack->truncated))
        mt_add_u64(&shard->truncated, 1, thread->shared);
    if (MT_UNLIKELY(!own))
        leave_foreign(stack);
    else if (thread->capturing == 1)
        mt_recent_keep(thread, w.fresh, w.kept);
    if (thread->capturing == 1)
        mt_verify_capture(thread, site, entry);
    return site;
}

/* What was taken over counts as verified; a checking build doesn't believe it. */
MT_INLINE uint32_t taken_over(struct mt_thread *thread, uint32_t site, uint32_t frames,
                              uintptr_t entry) {
    mt_add_u64(&thread->shard->captures, 1, thread->shared);
    mt_add_u64(&thread->shard->verified, frames, thread->shared);
    if (MT_UNLIKELY(thread->stack.truncated))
        mt_add_u64(&thread->shard->truncated, 1, thread->shared);
    mt_verify_capture(thread, site, entry);
    return site;
}

/* The usual cases of a loop: the stack of the last capture again, or a recent one. 0 when
 * it is neither. */
MT_INLINE uint32_t capture_again(struct mt_thread *thread, uintptr_t entry) {
    const uintptr_t *slot = (const uintptr_t *)entry;
    const struct mt_cursor cursor = {slot[1], entry + 2 * sizeof(uintptr_t), slot[0]};
    const struct mt_stack *stack = &thread->stack;
    uint32_t count = stack->count;
    if (MT_UNLIKELY(thread->capturing != 1 || thread->epoch != mt_module_epoch || !count ||
                    entry - thread->low >= thread->span))
        return 0;
    const struct mt_frame *frame = &stack->frame[count - 1];
    if (frame->sp == cursor.sp && frame->pc == cursor.pc &&
        (frame->bp == cursor.bp || frame->bp_any) && count <= stack->fixed &&
        mt_stack_verify(stack, &count))
        return taken_over(thread, stack->site, count, entry);
    const struct mt_recent *recent = mt_recent_find(thread, &cursor);
    return recent ? taken_over(thread, recent->site, recent->outer, entry) : 0;
}

/* The counter is bumped and dropped on this thread alone; a handler in between restores
 * what it found. */
uint32_t mt_capture_full(struct mt_thread *thread, uintptr_t entry) {
    thread->capturing++;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    uint32_t site = capture_again(thread, entry);
    if (!site)
        site = capture(thread, entry);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    thread->capturing--;
    return site;
}

uint32_t mt_capture_caller(struct mt_thread *thread, uintptr_t entry) {
    thread->capturing++;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    uint32_t epoch = atomic_load_explicit(&mt_module_epoch, memory_order_acquire);
    if (MT_UNLIKELY(epoch != thread->epoch) && thread->capturing == 1)
        drop_caches(thread, epoch);
    uint32_t site = mt_tree_site(child(thread, 0, ((const uintptr_t *)entry)[1]));
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    thread->capturing--;
    return site;
}
