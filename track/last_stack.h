/*
 * Taking over what was captured before, verified word by word. Only for frames on the
 * thread's own stack, whose pages stay readable.
 */
#ifndef MT_TRACK_LAST_STACK_H
#define MT_TRACK_LAST_STACK_H

#include "track/thread.h"
#include "track/unwind.h"

/* Only the frames whose words all come before the changed one can still be right. */
static inline bool mt_stack_fail(const struct mt_stack *stack, const struct mt_word *word,
                                 uint32_t *count) {
    uint32_t index = (uint32_t)(word - stack->word);
    while (*count && stack->frame[*count - 1].words > index)
        --*count;
    return false;
}

/* True if every word that the frames [0, count) were unwound by still has its value. If
 * not, *count becomes the frames whose words come before the first changed one. Inner
 * words are tested first, so nothing is read that a fresh unwind would not reach. */
MT_INLINE bool mt_stack_verify(const struct mt_stack *stack, uint32_t *count) {
    const struct mt_word *word = stack->word + stack->frame[*count - 1].words;
    /* Two at a time; an odd one first. */
    if ((word - stack->word) & 1) {
        word--;
        if (MT_UNLIKELY(*word->at != word->value))
            return mt_stack_fail(stack, word, count);
    }
    while (word != stack->word) {
        word -= 2;
        if (MT_UNLIKELY(*word[1].at != word[1].value))
            return mt_stack_fail(stack, word + 1, count);
        if (MT_UNLIKELY(*word->at != word->value))
            return mt_stack_fail(stack, word, count);
    }
    return true;
}

_Static_assert(MT_RECENT_ENTRIES == 64, "mt_recent_entry() yields 6 bits");
MT_INLINE struct mt_recent *mt_recent_entry(struct mt_thread *thread, uintptr_t pc,
                                            uintptr_t sp) {
    return &thread->recent[(pc ^ sp >> 3) * UINT64_C(0x9e3779b97f4a7c15) >> 58];
}

/* A recent capture from the same frame whose words, and those of the part of the last stack
 * that it goes on with, are unchanged; NULL if there is none. */
MT_INLINE const struct mt_recent *mt_recent_find(struct mt_thread *thread,
                                                 const struct mt_cursor *cursor) {
    const struct mt_stack *stack = &thread->stack;
    const struct mt_recent *recent = mt_recent_entry(thread, cursor->pc, cursor->sp);
    uint32_t outer = recent->outer;
    if (recent->pc != cursor->pc || recent->sp != cursor->sp ||
        (recent->bp != cursor->bp && !recent->bp_any) || !outer || outer > stack->count ||
        outer > stack->fixed || recent->cut != stack->cut)
        return NULL;
    for (uint32_t i = recent->words; i > 0; i--)
        if (*recent->word[i - 1].at != recent->word[i - 1].value)
            return NULL;
    const struct mt_frame *frame = &stack->frame[outer - 1];
    if (frame->pc != recent->outer_pc || frame->sp != recent->outer_sp ||
        (frame->bp != recent->outer_bp && !frame->bp_any) ||
        frame->node != recent->outer_node)
        return NULL;
    return mt_stack_verify(stack, &outer) ? recent : NULL;
}

/* Remembers the capture just made, of `fresh` new frames on `kept` old ones, if it is short
 * and all of it can be taken over. */
MT_INLINE void mt_recent_keep(struct mt_thread *thread, uint32_t fresh, uint32_t kept) {
    const struct mt_stack *stack = &thread->stack;
    if (!fresh || !kept || kept <= stack->cut || stack->count > stack->fixed)
        return;
    const struct mt_frame *outer = &stack->frame[kept - 1];
    const struct mt_frame *inner = &stack->frame[stack->count - 1];
    uint32_t words = inner->words - outer->words;
    if (words > MT_RECENT_WORDS)
        return;
    struct mt_recent *recent = mt_recent_entry(thread, inner->pc, inner->sp);
    recent->pc = inner->pc;
    recent->sp = inner->sp;
    recent->bp = inner->bp;
    recent->outer_pc = outer->pc;
    recent->outer_sp = outer->sp;
    recent->outer_bp = outer->bp;
    recent->outer = kept;
    recent->outer_node = outer->node;
    recent->cut = stack->cut;
    recent->site = stack->site;
    recent->words = words;
    recent->bp_any = inner->bp_any;
    for (uint32_t i = 0; i < words; i++)
        recent->word[i] = stack->word[outer->words + i];
}

#endif
