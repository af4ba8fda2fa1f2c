/*
 * The blocks are held by rings of words: place and free site of one block each. A word is
 * put in and taken out by one atomic exchange, so a block has one owner at any time, no
 * lock is held anywhere, a forked child finds every ring usable, and a signal handler or
 * another thread in between costs at most the order of two blocks. Threads share 16 rings
 * by their number; only the sum of bytes is common to all.
 *
 * What is known of a block that waits is in its header; where it was freed is in the ring,
 * where a stray write does not get at it.
 */
#include "alloc/quarantine.h"

#include "alloc/fill.h"
#include "alloc/report.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/pages.h"

#define RINGS      16u
#define SLOTS      (1u << 17) /* blocks in one ring; its memory is touched as it fills */
#define SAMPLE     64u        /* one ID in so many, in as much less room */
#define SITE_BITS  21
#define PLACE_BITS 43 /* of an address below 2^47, without the 4 that are zero */
_Static_assert(MT_SITES_MAX <= 1 << SITE_BITS && SITE_BITS + PLACE_BITS == 64,
               "place and site share a word");

struct ring {
    _Alignas(MT_CACHE_LINE) _Atomic uint64_t head; /* words put in so far */
    _Atomic uint64_t tail;                         /* words taken out at the other end */
    _Atomic uint64_t *slot;
};

bool mt_quarantine_on;
static struct ring rings[RINGS];
static _Alignas(MT_CACHE_LINE) _Atomic uint64_t held; /* bytes */
static uint64_t bound;
static uint32_t slots; /* of a ring, a power of two */
uint32_t mt_quarantine_mask = UINT32_MAX;

static void *place_of(uint64_t word) {
    return (void *)(uintptr_t)(word >> SITE_BITS << 4);
}
static uint32_t site_of(uint64_t word) {
    return (uint32_t)word & ((1u << SITE_BITS) - 1);
}

void mt_quarantine_start(const struct mt_options *options) {
    if (options->quarantine == MT_QUARANTINE_OFF)
        return;
    bool sample = options->quarantine == MT_QUARANTINE_SAMPLE;
    slots = sample ? SLOTS / SAMPLE : SLOTS;
    char *memory = mt_pages_map((size_t)RINGS * slots * sizeof(uint64_t));
    if (!memory) {
        mt_log(MT_SAY_QUARANTINE_OFF, "no memory for its tables", NULL, NULL);
        return;
    }
    for (unsigned i = 0; i < RINGS; i++)
        rings[i].slot = (_Atomic uint64_t *)memory + (size_t)i * slots;
    bound = options->max_quarantine / (sample ? SAMPLE : 1);
    mt_quarantine_mask = sample ? SAMPLE - 1 : 0;
    mt_quarantine_on = true;
}

/* A block that the caller frees into a cache or arena of its own choice does not wait: its
 * flags would have to. One that takes half the room would drive out all others. */
bool mt_quarantine_wants(const struct mt_block *block, int flags) {
    return !(block->id & mt_quarantine_mask) && flags == 0 &&
           block->raw_bytes <= bound / 2 && (uintptr_t)block->user >> (PLACE_BITS + 4) == 0;
}

bool mt_quarantine_claim(const struct mt_block *block) {
    struct mt_header *header = mt_header_of(block->user);
    uint32_t live = mt_header_check(header, block->user, MT_LIVE);
    return __atomic_compare_exchange_n(&header->check, &live, live ^ MT_QUARANTINED_DOMAIN,
                                       false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

/* ---- in the first bytes of a block that has left ---- */

struct free_record {
    uint32_t site, spare;
    uint64_t check;
};
_Static_assert(sizeof(struct free_record) <= 16, "every block has 16 bytes behind it");

static uint64_t record_check(const struct free_record *record) {
    return mt_fold(record->site ^ mt_header_keys.b,
                   (uintptr_t)record ^ mt_header_keys.extension);
}

static void write_record(void *user, uint32_t site) {
    struct free_record *record = user;
    record->site = site;
    record->check = record_check(record);
}

/* ---- leaving ---- */

/* The byte of [from, to) that is the first, or the last, not to be `expected`. */
static size_t first_other(const unsigned char *at, size_t from, size_t to,
                          unsigned char expected) {
    while (from < to && at[from] == expected)
        from++;
    return from;
}

/* What was written into the block since it was filled: from *first, `result` bytes. */
static size_t damage(const struct mt_block *block, size_t *first) {
    const unsigned char *user = block->user;
    unsigned char expected = mt_fill_freed_byte();
    size_t size = block->size, end = size;
    unsigned __int128 tail = mt_canary_difference(user, size);
    bool intact = !size || (user[0] == expected && !memcmp(user, user + 1, size - 1));
    if (intact && !tail)
        return 0;
    for (unsigned byte = 0; byte < 16; byte++)
        if (tail >> 8 * byte & 0xff)
            end = size + byte + 1;
    if (end == size)
        while (user[end - 1] == expected)
            end--;
    *first = intact ? size : first_other(user, 0, size, expected);
    while (intact && !(tail >> 8 * (*first - size) & 0xff))
        ++*first;
    return end - *first;
}

/* True if nobody wrote into the block; otherwise that is reported, and the block stays
 * where it is. */
static bool verify(uint64_t word, struct mt_block *block) {
    size_t first = 0, bytes;
    if (!mt_block_open_as(place_of(word), MT_QUARANTINED, block)) {
        mt_report_freed_header(site_of(word));
        return false;
    }
    bytes = damage(block, &first);
    if (bytes)
        mt_report_write_after_free(block, first, bytes, site_of(word));
    return !bytes;
}

static void leave(uint64_t word) {
    struct mt_block block;
    if (!verify(word, &block)) {
        mt_report_found_end();
        return;
    }
    atomic_fetch_sub_explicit(&held, block.raw_bytes, memory_order_relaxed);
    mt_header_of(block.user)->check ^= MT_QUARANTINED_DOMAIN ^ MT_FREED_DOMAIN;
    write_record(block.user, site_of(word));
    mt_backend_free(block.raw, block.raw_bytes, block.flags);
}

/* The oldest word of a ring; 0 if there is none. A slot that is claimed but not yet filled
 * is passed over: its block then stays until the ring comes round. */
static uint64_t take(struct ring *ring) {
    uint64_t tail = atomic_load(&ring->tail), head;
    while (tail < (head = atomic_load(&ring->head))) {
        uint64_t at = head - tail > slots ? head - slots : tail;
        if (!atomic_compare_exchange_weak(&ring->tail, &tail, at + 1))
            continue;
        tail = at + 1;
        /* Acquire: the block as the thread left it that put it in. */
        uint64_t word = atomic_exchange(&ring->slot[at % slots], 0);
        if (word)
            return word;
    }
    return 0;
}

static uint64_t take_any(unsigned first) {
    uint64_t word = 0;
    for (unsigned i = 0; i < RINGS && !word; i++)
        word = take(&rings[(first + i) % RINGS]);
    return word;
}

/* ---- entering ---- */

void mt_quarantine_add(struct mt_thread *thread, const struct mt_block *block,
                       uintptr_t entry) {
    unsigned number = thread ? thread->serial % RINGS : 0;
    struct ring *ring = &rings[number];
    uint32_t site = thread ? mt_place_site(mt_place_for(thread, 0, entry)) : 0;
    memset(block->user, mt_fill_freed_byte(), block->size);
    atomic_fetch_add_explicit(&held, block->raw_bytes, memory_order_relaxed);
    uint64_t at = atomic_fetch_add(&ring->head, 1);
    uint64_t word = atomic_exchange(
        &ring->slot[at % slots], (uint64_t)(uintptr_t)block->user >> 4 << SITE_BITS | site);
    if (word)
        leave(word);
    while (atomic_load_explicit(&held, memory_order_relaxed) > bound &&
           (word = take_any(number)))
        leave(word);
}

bool mt_quarantine_holds(void) {
    return mt_quarantine_on && atomic_load_explicit(&held, memory_order_relaxed) > 0;
}

bool mt_quarantine_drain(void) {
    uint64_t word;
    bool any = false;
    for (; mt_quarantine_on && (word = take_any(0)); any = true)
        leave(word);
    return any;
}

void mt_quarantine_verify(void) {
    struct mt_block block;
    for (unsigned i = 0; mt_quarantine_on && i < RINGS; i++) {
        uint64_t used = atomic_load(&rings[i].head);
        for (uint64_t at = 0; at < used && at < slots; at++) {
            uint64_t word = atomic_exchange(&rings[i].slot[at], 0);
            if (word && !verify(word, &block))
                mt_report_found_end();
        }
    }
}

/* The block is this one's own while its word is out. Where another came to its slot
 * meanwhile, it leaves. */
static bool check_slot(_Atomic uint64_t *slot) {
    struct mt_block block;
    uint64_t word = atomic_exchange(slot, 0), other = 0;
    if (!word)
        return true;
    if (!verify(word, &block))
        return false;
    if (!atomic_compare_exchange_strong(slot, &other, word))
        leave(word);
    return true;
}

bool mt_quarantine_check_part(struct mt_quarantine_part *part, uint64_t budget_ms) {
    uint64_t started_ms = mt_clock_monotonic_ms();
    for (; mt_quarantine_on && part->ring < RINGS; part->ring++, part->at = 0) {
        uint64_t used = atomic_load(&rings[part->ring].head);
        while (part->at < used && part->at < slots) {
            part->damaged += !check_slot(&rings[part->ring].slot[part->at++]);
            if (mt_clock_monotonic_ms() - started_ms >= budget_ms)
                return false;
        }
    }
    return true;
}

unsigned mt_quarantine_check(void) {
    struct mt_quarantine_part all = {0};
    (void)mt_quarantine_check_part(&all, UINT64_MAX);
    return all.damaged;
}

uint32_t mt_quarantine_free_site(void *user) {
    const struct free_record *record = user;
    for (unsigned i = 0; mt_quarantine_on && i < RINGS; i++) {
        uint64_t used = atomic_load(&rings[i].head);
        for (uint64_t at = 0; at < used && at < slots; at++) {
            uint64_t word = atomic_load_explicit(&rings[i].slot[at], memory_order_relaxed);
            if (word && place_of(word) == user)
                return site_of(word);
        }
    }
    return mt_quarantine_on && record->check == record_check(record) ? record->site : 0;
}
