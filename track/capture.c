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
 * all frames inside of it are stepped again in every capture. (walk.h, last_stack.h)
 *
 * DEPTH: a stack of D frames, D > frames, loses its (D - frames) / 32 * 32 outermost ones,
 * and what is left hangs below [cut]. A stack of which 1,024 frames do not reach the root
 * keeps its `frames` innermost. Both depend on the stack alone, never on what was captured
 * before.
 */
#include "track/capture.h"

#include "track/tree.h"
#include "track/walk.h"
#include "base/pages.h"
#include <string.h>

#define CUT_BLOCK 32u

uint32_t mt_capture_frames = 64;

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
                                  const struct mt_walk *w) {
    uint32_t node = MT_PSEUDO_CUT, left = mt_capture_frames;
    uint32_t from_kept = left > w->fresh ? left - w->fresh : 0;
    for (uint32_t i = w->kept - from_kept + 1; i <= w->kept; i++)
        node = mt_tree_child(node, stack->frame[i].pc);
    for (uint32_t i = left < w->fresh ? left : w->fresh; i > 0; i--)
        node = mt_tree_child(node, stack->fresh[i - 1].pc);
    mt_add_u64(&thread->shard->truncated, 1, thread->shared);
    return mt_tree_site(node);
}

/* The nodes of the frames taken over belong to another cut; computes them anew. */
static MT_COLD void recut(struct mt_stack *stack, uint32_t cut) {
    stack->cut = cut;
    uint32_t node = base_node(stack, cut);
    for (uint32_t i = cut + 1; i <= stack->count; i++)
        node = stack->frame[i].node = mt_tree_child(node, stack->frame[i].pc);
}

/* What the outer part of the new stack is, before the fresh frames go on top of it. */
MT_INLINE void take_over(struct mt_stack *stack, const struct mt_walk *w, uint32_t cut) {
    stack->count = w->kept;
    if (MT_UNLIKELY(!w->kept)) {
        stack->truncated = w->end != MT_STEP_ROOT;
        stack->cut = cut;
        stack->fixed = MT_STACK_FRAMES;
        stack->frame[0] = (struct mt_frame){.sp = UINTPTR_MAX};
        return;
    }
    if (MT_UNLIKELY(cut != stack->cut))
        recut(stack, cut);
    if (MT_UNLIKELY(stack->fixed > w->kept))
        stack->fixed = MT_STACK_FRAMES;
}

/* The words that a step depended on. They held what the caller's pc, sp and bp now are. Its
 * bp matters only if a step from there on depends on it. */
MT_INLINE struct mt_word *add_words(const struct mt_fresh_frame *frame,
                                    const struct mt_fresh_frame *caller, bool bp_any,
                                    struct mt_word *word) {
    mt_packed_rule rule = frame->rule;
    uintptr_t base = caller->sp;
    if (MT_UNLIKELY(mt_rule_kind_of(rule) == MT_RULE_BP_DEREF)) {
        base = frame->bp;
        word->at = (const uintptr_t *)(base + (uintptr_t)mt_rule_cfa(rule));
        word++->value = caller->sp;
    }
    if (!bp_any && mt_rule_bp_saved(rule)) {
        word->at = (const uintptr_t *)(base + (uintptr_t)mt_rule_bp(rule));
        word++->value = caller->bp;
    }
    word->at = (const uintptr_t *)(caller->sp - sizeof(uintptr_t));
    word++->value = caller->pc;
    return word;
}

/* Makes the walk's result the last stack and returns its leaf. */
MT_INLINE uint32_t commit(struct mt_thread *thread, struct mt_stack *stack,
                          const struct mt_walk *w, uint32_t epoch) {
    uint32_t depth = w->kept + w->fresh, cut = mt_capture_cut(depth);
    take_over(stack, w, cut);
    struct mt_frame *frame = &stack->frame[w->kept];
    const struct mt_fresh_frame *fresh = &stack->fresh[w->fresh], *caller;
    struct mt_fresh_frame outer = {frame->pc, frame->sp, frame->bp, 0};
    struct mt_word *word = &stack->word[frame->words];
    uint32_t node = w->kept > cut ? frame->node : base_node(stack, cut);
    bool bp_any = frame->bp_any;
    uint64_t serial = thread->frames;
    for (caller = &outer; fresh-- > stack->fresh; caller = fresh) {
        mt_packed_rule rule = fresh->rule;
        enum mt_rule_kind kind = mt_rule_kind_of(rule);
        uint32_t at = (uint32_t)(++frame - stack->frame);
        if (at > cut)
            node = mt_tree_child_in(node, fresh->pc, epoch);
        if (MT_LIKELY(kind <= MT_RULE_BP_DEREF))
            word = add_words(fresh, caller, bp_any, word);
        else if (kind == MT_RULE_SLOW && stack->fixed >= at)
            stack->fixed = at - 1;
        bp_any =
            kind == MT_RULE_SP ? bp_any || mt_rule_bp_saved(rule) : kind == MT_RULE_ROOT;
        frame->pc = fresh->pc;
        frame->sp = fresh->sp;
        frame->bp = fresh->bp;
        frame->serial = ++serial;
        frame->node = node;
        frame->words = (uint16_t)(word - stack->word);
        frame->bp_any = bp_any;
    }
    thread->frames = serial;
    stack->count = depth;
    return node;
}

/* A state that has recorded nothing is as the kernel gave it: its pages stay untouched. */
static MT_COLD void drop_caches(struct mt_thread *thread, uint32_t epoch) {
    if (thread->calls)
        memset(thread->called, 0, sizeof thread->called);
    if (thread->frames) {
        memset(thread->rule, 0, sizeof thread->rule);
        memset(thread->guess, 0, sizeof thread->guess);
        memset(thread->recent, 0, sizeof thread->recent);
    }
    thread->stack.frame[0].sp = UINTPTR_MAX;
    thread->stack.count = thread->stack.again = 0;
    thread->epoch = epoch;
}

struct mt_place mt_place_of_site(struct mt_thread *thread, uint32_t site, uintptr_t pc) {
    struct mt_counter *counter = mt_counter_find(thread->shard, site);
    if (MT_UNLIKELY(!counter))
        counter = mt_counter_make(thread->shard, &site);
    return (struct mt_place){mt_stamp(site, pc), counter};
}

/* The stack that leads to `entry` into `stack`, and its place. On a foreign one nothing is
 * taken over and nothing kept. */
MT_INLINE struct mt_place capture(struct mt_thread *thread, struct mt_stack *stack,
                                  uintptr_t entry, uint32_t epoch, bool cached) {
    const uintptr_t *slot = (const uintptr_t *)entry;
    struct mt_cursor cursor = {slot[1], entry + 2 * sizeof(uintptr_t), slot[0]};
    struct mt_shard *shard = thread->shard;
    bool own = mt_stack_is_own(thread, entry);
    thread->probed_page = 1; /* no page's address */
    stack->again = 0;
    if (MT_UNLIKELY(!own))
        stack->count = 0;
    struct mt_walk w = mt_walk(thread, stack, cursor, epoch, cached);
    mt_add_u64(&shard->captures, 1, thread->shared);
    mt_add_u64(&shard->stepped, w.fresh, thread->shared);
    mt_add_u64(&shard->verified, w.kept, thread->shared);
    if (MT_UNLIKELY(w.fresh + w.kept > MT_STACK_FRAMES || (w.end == MT_STEPPED && !w.kept)))
        return mt_place_of_site(thread, deep_site(thread, stack, &w), cursor.pc);
    uint32_t leaf = commit(thread, stack, &w, epoch);
    struct mt_place place = mt_place_of_site(thread, mt_tree_site(leaf), cursor.pc);
    if (MT_UNLIKELY(stack->truncated))
        mt_add_u64(&shard->truncated, 1, thread->shared);
    if (MT_UNLIKELY(!own))
        stack->count = 0;
    stack->stamp = place.stamp;
    stack->counter = place.counter;
    stack->again = stack->count <= stack->fixed ? stack->count : 0;
    if (cached)
        mt_recent_keep(thread, w.kept);
    return place;
}

/* A jump out of a signal handler left the interrupted capture behind: the stack has been
 * unwound past where it began. A handler's own stack may lie inside of the thread's, so
 * this can be wrong; the interrupted capture then finds that it was disturbed. */
static bool abandoned(const struct mt_thread *thread, uintptr_t entry) {
    return entry - thread->low < thread->span &&
           thread->capturing - thread->low < thread->span && entry >= thread->capturing;
}

/* A handler that allocates while a capture is going on: the interrupted one is left alone.
 * One level has a buffer; deeper ones are counted without a stack. */
static MT_COLD struct mt_place capture_nested(struct mt_thread *thread, uintptr_t entry) {
    if (abandoned(thread, entry)) {
        thread->capturing = 0;
        drop_caches(thread, thread->epoch);
        return mt_capture_changed(thread, entry);
    }
    if (!thread->nested)
        thread->nested = mt_pages_map(sizeof *thread->nested);
    if (thread->nesting || !thread->nested)
        return mt_place_of_site(thread, MT_PSEUDO_NESTED, ((const uintptr_t *)entry)[1]);
    thread->nesting = true;
    thread->nested->count = 0;
    thread->nested->frame[0].sp = UINTPTR_MAX;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    uint32_t epoch = atomic_load_explicit(&mt_module_epoch, memory_order_acquire);
    struct mt_place place = capture(thread, thread->nested, entry, epoch, false);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    thread->nesting = false;
    return place;
}

__attribute__((noinline)) struct mt_place mt_capture_changed(struct mt_thread *thread,
                                                             uintptr_t entry) {
    struct mt_place place;
    bool disturbed;
    if (MT_UNLIKELY(thread->capturing))
        return capture_nested(thread, entry);
    do {
        thread->capturing = entry;
        thread->nesting = false; /* left so by a jump out of a handler's capture */
        thread->captures++;
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
        uint32_t epoch = atomic_load_explicit(&mt_module_epoch, memory_order_acquire);
        if (MT_UNLIKELY(epoch != thread->epoch))
            drop_caches(thread, epoch);
        place = capture(thread, &thread->stack, entry, epoch, true);
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
        disturbed = thread->capturing != entry;
        if (MT_UNLIKELY(disturbed))
            drop_caches(thread, epoch);
        thread->capturing = 0;
    } while (MT_UNLIKELY(disturbed));
    mt_verify_capture(thread, mt_place_site(place), entry);
    return place;
}

struct mt_place mt_capture_full(struct mt_thread *thread, uintptr_t entry) {
    struct mt_place place;
    bool shared = thread->shared;
    return mt_capture_again(thread, entry, shared, &place) ||
                   mt_capture_recent(thread, entry, shared, &place)
               ? place
               : mt_capture_changed(thread, entry);
}

struct mt_place mt_capture_caller(struct mt_thread *thread, uint32_t parent,
                                  uintptr_t entry) {
    struct mt_place place;
    if (MT_LIKELY(mt_capture_called(thread, entry, &place)))
        return place;
    uintptr_t pc = ((const uintptr_t *)entry)[1];
    uint32_t epoch = atomic_load_explicit(&mt_module_epoch, memory_order_acquire);
    place = mt_place_of_site(thread, mt_tree_site(mt_tree_child(parent, pc)), pc);
    if (MT_UNLIKELY(thread->capturing))
        return place; /* an interrupted capture's caches are left alone */
    thread->capturing = entry;
    thread->captures++;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (MT_UNLIKELY(epoch != thread->epoch))
        drop_caches(thread, epoch);
    struct mt_called *called = &thread->called[mt_hash_top(pc, MT_CALLED_BITS)];
    called->pc = 0; /* a handler reads it between any two of these */
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    called->stamp = place.stamp;
    called->counter = place.counter;
    thread->calls = true;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (MT_LIKELY(thread->capturing == entry)) /* else a handler has been here */
        called->pc = pc;
    thread->capturing = 0;
    return place;
}
