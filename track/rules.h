/*
 * Rules: what it takes to step from a frame to its caller, packed into one word and cached
 * by code address. Most rows of .eh_frame fit; the others say MT_RULE_SLOW and are left to
 * the full interpreter (track/unwind.c).
 */
#ifndef MT_TRACK_RULES_H
#define MT_TRACK_RULES_H

#include "base/attr.h"
#include "track/modules.h"
#include "track/pair.h"
#include <stdint.h>

enum mt_rule_kind {
    MT_RULE_UNKNOWN,  /* no unwind information: the stack ends here, truncated */
    MT_RULE_SP,       /* CFA = sp + cfa */
    MT_RULE_BP,       /* CFA = bp + cfa */
    MT_RULE_BP_DEREF, /* CFA = word at bp + cfa: dynamically realigned frames */
    MT_RULE_ROOT,     /* the return address is undefined: complete */
    MT_RULE_SLOW      /* anything else */
};

/* A rule in one word: kind in bits 0-2, "bp is saved" in bit 3, cfa in 4-33, bp in 34-63,
 * both signed. bp is where the caller's bp lies, from the CFA (BP_DEREF: from bp). The
 * return address is always the word below the CFA. */
typedef uint64_t mt_packed_rule;
#define MT_RULE_OFFSET_LIMIT (1 << 29)

MT_INLINE enum mt_rule_kind mt_rule_kind_of(mt_packed_rule rule) {
    return (enum mt_rule_kind)(rule & 7);
}
MT_INLINE bool mt_rule_bp_saved(mt_packed_rule rule) {
    return rule & 8;
}
MT_INLINE int64_t mt_rule_cfa(mt_packed_rule rule) {
    return (int64_t)(rule << 30) >> 34;
}
MT_INLINE int64_t mt_rule_bp(mt_packed_rule rule) {
    return (int64_t)rule >> 34;
}

/* Direct-mapped, by code address and epoch. */
#define MT_RULE_CACHE_BITS 15
extern MT_HIDDEN struct mt_pair mt_rule_cache[1u << MT_RULE_CACHE_BITS];

MT_INLINE struct mt_pair *mt_rule_entry_of(uintptr_t lookup) {
    return &mt_rule_cache[(lookup ^ lookup >> MT_RULE_CACHE_BITS) &
                          ((1u << MT_RULE_CACHE_BITS) - 1)];
}

/* Empties the cache. Others may be using it. */
void mt_rule_forget(void);

mt_packed_rule mt_rule_make(uintptr_t lookup, uint64_t key);

/* The rule for `lookup`, an address inside the call instruction: return address - 1. */
MT_INLINE mt_packed_rule mt_rule_get(uintptr_t lookup, uint32_t epoch) {
    uint64_t key = mt_pair_key(lookup, epoch), rule;
    return MT_LIKELY(mt_pair_get(mt_rule_entry_of(lookup), key, &rule))
               ? rule
               : mt_rule_make(lookup, key);
}

#endif
