/*
 * A directory of leaves, each for 64 MiB of addresses; the kernel backs only the pages that
 * are written to: a 128th of the heap.
 */
#include "alloc/live_bits.h"

#include "alloc/header.h"
#include "base/log.h"
#include "base/pages.h"

#include <stdatomic.h>
#include <stdint.h>

#define ADDRESS_BITS 47 /* of user space, x86-64 and AArch64 with 48 both */
#define LEAF_BITS    26
#define LEAVES       ((size_t)1 << (ADDRESS_BITS - LEAF_BITS))
#define LEAF_WORDS   ((size_t)1 << (LEAF_BITS - 4 - 6))

bool mt_live_bits_on;

typedef _Atomic uint64_t word;
static _Atomic(word *) *leaves;
static atomic_flag said;

static MT_COLD word *make_leaf(_Atomic(word *) *place) {
    word *leaf = mt_pages_map(LEAF_WORDS * sizeof *leaf), *other = NULL;
    if (!leaf) {
        if (!atomic_flag_test_and_set(&said))
            mt_log(MT_SAY_LIVE_BITS_LACKING, "some damaged headers will not be found", NULL,
                   NULL);
        return NULL;
    }
    if (atomic_compare_exchange_strong(place, &other, leaf))
        return leaf;
    mt_pages_unmap(leaf, LEAF_WORDS * sizeof *leaf);
    return other;
}

/* The word and the bit of the header before `user`; NULL if there is no such word. */
static word *word_of(const void *user, uint64_t *bit, bool make) {
    uintptr_t at = (uintptr_t)mt_header_of(user);
    if (at >> ADDRESS_BITS)
        return NULL;
    _Atomic(word *) *place = &leaves[at >> LEAF_BITS];
    word *leaf = atomic_load_explicit(place, memory_order_acquire);
    if (!leaf && make)
        leaf = make_leaf(place);
    *bit = UINT64_C(1) << (at >> 4 & 63);
    return leaf ? &leaf[at >> 10 & (LEAF_WORDS - 1)] : NULL;
}

/* Release: whoever sees the bit sees the header. */
void mt_live_bit_set(const void *user) {
    uint64_t bit;
    word *at = word_of(user, &bit, true);
    if (at)
        atomic_fetch_or_explicit(at, bit, memory_order_release);
}

/* In full order before what the header becomes. */
void mt_live_bit_clear(const void *user) {
    uint64_t bit;
    word *at = word_of(user, &bit, false);
    if (at)
        atomic_fetch_and(at, ~bit);
}

bool mt_live_bit(const void *user) {
    uint64_t bit;
    word *at = word_of(user, &bit, false);
    return at && atomic_load(at) & bit;
}

void mt_live_bits_start(const struct mt_options *options) {
    if (options->check != MT_CHECK_HEADERS)
        return;
    leaves = mt_pages_map(LEAVES * sizeof *leaves);
    if (leaves)
        mt_live_bits_on = true;
    else
        mt_log(MT_SAY_LIVE_BITS_LACKING, "damaged headers will not be found", NULL, NULL);
}
