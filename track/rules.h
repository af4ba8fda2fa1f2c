/*
 * Rules: what it takes to step from a frame to its caller, packed into one word and cached
 * by code address. Most rows of .eh_frame fit; the others say MT_RULE_SLOW and are left to
 * the full interpreter (track/unwind.c).
 */
#ifndef MT_TRACK_RULES_H
#define MT_TRACK_RULES_H

#include "base/attr.h"
#include "track/modules.h"
#include <stdatomic.h>
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

/* The cache is shared by all threads and lock-free: an entry's key is stored exclusive-or
 * its rule, so that a torn pair never matches (Hyatt and Mann, "A lockless transposition
 * table", ICGA Journal 25(1), 2002). The epoch is part of the key; user addresses have 47
 * bits. Direct-mapped. */
#define MT_RULE_CACHE_BITS 15
struct mt_rule_entry {
    _Atomic uint64_t mixed_key;
    _Atomic uint64_t rule;
};
extern MT_HIDDEN struct mt_rule_entry mt_rule_cache[1u << MT_RULE_CACHE_BITS];

MT_INLINE struct mt_rule_entry *mt_rule_entry_of(uintptr_t lookup) {
    return &mt_rule_cache[(lookup ^ lookup >> MT_RULE_CACHE_BITS) &
                          ((1u << MT_RULE_CACHE_BITS) - 1)];
}

/* Empties the cache. Others may be using it. */
void mt_rule_forget(void);

mt_packed_rule mt_rule_make(uintptr_t lookup, uint64_t key);

/* The rule for `lookup`, an address inside the call instruction: return address - 1. */
MT_INLINE mt_packed_rule mt_rule_get(uintptr_t lookup, uint32_t epoch) {
    uint64_t key = lookup ^ (uint64_t)epoch << 48;
    const struct mt_rule_entry *entry = mt_rule_entry_of(lookup);
    uint64_t rule = atomic_load_explicit(&entry->rule, memory_order_relaxed);
    uint64_t mixed = atomic_load_explicit(&entry->mixed_key, memory_order_relaxed);
    return MT_LIKELY((mixed ^ rule) == key) ? rule : mt_rule_make(lookup, key);
}

#endif
