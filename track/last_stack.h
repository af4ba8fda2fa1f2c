/*
 * Taking over what was captured before, verified word by word. Only for frames on the
 * thread's own stack, whose pages stay readable.
 */
#ifndef MT_TRACK_LAST_STACK_H
#define MT_TRACK_LAST_STACK_H

#include "base/mix.h"
#include "track/thread.h"
#include <stddef.h>

/* Only the frames whose words all come before the changed one can still be right. */
static inline bool mt_stack_fail(const struct mt_stack *stack, const struct mt_word *word,
                                 uint32_t *count) {
    uint32_t index = (uint32_t)(word - stack->word);
    while (stack->frame[*count].words > index)
        --*count;
    return false;
}

/* True if every word that the frames up to `count` were unwound by still has its value. If
 * not, *count becomes the frames whose words come before the first changed one: inner words
 * are tested first. */
MT_INLINE bool mt_stack_verify(const struct mt_stack *stack, uint32_t *count) {
    const struct mt_word *word = stack->word + stack->frame[*count].words;
    const struct mt_word *fourth = stack->word + 4;
    for (; word >= fourth; word -= 4) {
        if (MT_UNLIKELY(*word[-1].at != word[-1].value))
            return mt_stack_fail(stack, word - 1, count);
        if (MT_UNLIKELY(*word[-2].at != word[-2].value))
            return mt_stack_fail(stack, word - 2, count);
        if (MT_UNLIKELY(*word[-3].at != word[-3].value))
            return mt_stack_fail(stack, word - 3, count);
        if (MT_UNLIKELY(*word[-4].at != word[-4].value))
            return mt_stack_fail(stack, word - 4, count);
    }
    for (; word != stack->word; word--)
        if (MT_UNLIKELY(*word[-1].at != word[-1].value))
            return mt_stack_fail(stack, word - 1, count);
    return true;
}

/* Where a recent capture lies depends on the distance from the stack's end and on offsets
 * in pages, not on addresses: how many frames are verified does not tell where things are.
 */
MT_INLINE uint64_t mt_recent_key(const struct mt_thread *thread, uintptr_t pcs,
                                 uintptr_t sp) {
    return pcs << 52 ^ (thread->high - sp);
}
MT_INLINE struct mt_guess *mt_guess_set(struct mt_thread *thread, uintptr_t pc,
                                        uintptr_t sp) {
    return &thread->guess[2 * mt_hash_top(mt_recent_key(thread, pc, sp), MT_GUESS_BITS)];
}

/* Only words of the thread's own stack are kept, which stays readable, and by their
 * distance from its end: whatever a handler changes in between, no other word is read. */
MT_INLINE uintptr_t mt_recent_read(const struct mt_thread *thread, int32_t at) {
    return *(const uintptr_t *)(thread->high + (uintptr_t)(intptr_t)at);
}
MT_INLINE int32_t mt_recent_place(const struct mt_thread *thread, const uintptr_t *at) {
    return (int32_t)((intptr_t)at - (intptr_t)thread->high);
}

MT_INLINE struct mt_recent *mt_recent_set(struct mt_thread *thread,
                                          const struct mt_guess *guess) {
    uintptr_t pcs = guess->pc + 3 * mt_recent_read(thread, guess->at[0]) +
                    5 * mt_recent_read(thread, guess->at[1]) +
                    9 * mt_recent_read(thread, guess->at[2]);
    uint64_t key = mt_recent_key(thread, pcs, guess->sp);
    return &thread->recent[2 * mt_hash_top(key, MT_RECENT_BITS)];
}

/* True if the recent capture is this one: same frame, and all words that lead from it to
 * the root unchanged. */
MT_INLINE bool mt_recent_holds(const struct mt_thread *thread,
                               const struct mt_recent *recent, uintptr_t entry) {
    __asm__("" : "+r"(recent)); /* one register, not the sum that it came from */
    const uintptr_t *slot = (const uintptr_t *)entry;
    if (recent->pc != slot[1] || recent->sp != entry + 2 * sizeof(uintptr_t) ||
        (recent->bp != slot[0] && !recent->bp_any))
        return false;
    const struct mt_stack *stack = &thread->stack;
    uint32_t outer = recent->outer;
    const struct mt_frame *frame = &stack->frame[outer];
    if (outer > stack->count || outer > stack->fixed ||
        frame->serial != recent->outer_serial)
        return false;
    size_t i = recent->words;
#define CHANGED(i) (mt_recent_read(thread, recent->at[i]) != recent->value[i])
    for (; i >= 4; i -= 4)
        if (CHANGED(i - 1) || CHANGED(i - 2) || CHANGED(i - 3) || CHANGED(i - 4))
            return false;
    for (; i > 0; i--)
        if (CHANGED(i - 1))
            return false;
#undef CHANGED
    const struct mt_word *word = stack->word + frame->words;
    for (; word >= stack->word + 4; word -= 4)
        if (*word[-1].at != word[-1].value || *word[-2].at != word[-2].value ||
            *word[-3].at != word[-3].value || *word[-4].at != word[-4].value)
            return false;
    for (; word != stack->word; word--)
        if (*word[-1].at != word[-1].value)
            return false;
    return true;
}

/* True if a site was captured not long ago. Stacks that don't come again are not worth a
 * place among the recent ones. */
MT_INLINE bool mt_stack_seen(struct mt_thread *thread, uint32_t site) {
    uint16_t *last = &thread->seen[site % MT_SEEN_SITES],
             tag = (uint16_t)(site / MT_SEEN_SITES + 1);
    bool seen = *last == tag;
    *last = tag;
    return seen;
}

/* Remembers the last stack, if all of it can be taken over: its inner words, and the frame
 * further out that they lead to, which should be older than this capture. */
MT_INLINE void mt_recent_keep(struct mt_thread *thread, uint32_t kept) {
    const struct mt_stack *stack = &thread->stack;
    uint32_t count = stack->again, words = stack->frame[count].words;
    /* Each frame but the root has a word at least. */
    uint32_t outer = count > MT_RECENT_WORDS + 1 ? count - MT_RECENT_WORDS - 1 : 0;
    while (words - stack->frame[outer].words > MT_RECENT_WORDS)
        outer++;
    const struct mt_frame *inner = &stack->frame[count];
    const struct mt_word *word = &stack->word[stack->frame[outer].words];
    if (outer > kept || count < MT_GUESS_WORDS + 1 ||
        thread->high - inner->sp > INT32_MAX / 2)
        return;
    if (!mt_stack_seen(thread, (uint32_t)stack->stamp))
        return;
    struct mt_guess *guess = mt_guess_set(thread, inner->pc, inner->sp);
    if (guess->pc != inner->pc || guess->sp != inner->sp)
        guess[1] = guess[0];
    guess->pc = 0;
    guess->sp = inner->sp;
    /* Words lie between the innermost frame and the stack's end; these are frames' last. */
    for (int i = 0; i < MT_GUESS_WORDS; i++)
        guess->at[i] = mt_recent_place(thread, stack->word[inner[-i].words - 1].at);
    guess->pc = inner->pc;
    struct mt_recent *set = mt_recent_set(thread, guess), *recent = set + set->turn;
    set->turn = !set->turn;
    recent->pc = 0;
    recent->sp = inner->sp;
    recent->bp = inner->bp;
    recent->outer_serial = stack->frame[outer].serial;
    recent->counter = stack->counter;
    recent->stamp = stack->stamp;
    recent->outer = (uint16_t)outer;
    recent->frames = (uint16_t)count;
    recent->words = (uint8_t)(words - stack->frame[outer].words);
    recent->bp_any = inner->bp_any;
    for (size_t i = 0, end = recent->words; i < end; i++) {
        recent->at[i] = mt_recent_place(thread, word[i].at);
        recent->value[i] = word[i].value;
    }
    recent->pc = inner->pc;
}

#endif
