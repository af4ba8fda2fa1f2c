/*
 * A word: the first page's number, how many pages, which kind. It is entered, changed and
 * cleared by one compare-and-swap, so threads that map and unmap at once, or stand still in
 * the middle, leave no half of an entry.
 */
#include "base/ranges.h"

#include "base/attr.h"
#include "base/pages.h"
#include <stdatomic.h>

#define KIND_BITS  2
#define COUNT_BITS 26
#define COUNT_MOST ((UINT64_C(1) << COUNT_BITS) - 1)

static _Atomic uint64_t ranges[MT_RANGES_MOST];
static _Atomic uint32_t used; /* words from here on were never written */
static atomic_bool incomplete;
static _Atomic uint32_t parts; /* one more whenever a range is about to become two */

static uint64_t word_of(enum mt_range_kind kind, uint64_t page, uint64_t count) {
    return page << (COUNT_BITS + KIND_BITS) | count << KIND_BITS | (uint64_t)kind;
}
static uint64_t page_of(uint64_t word) {
    return word >> (COUNT_BITS + KIND_BITS);
}
static uint64_t count_of(uint64_t word) {
    return word >> KIND_BITS & COUNT_MOST;
}
static enum mt_range_kind kind_of(uint64_t word) {
    return (enum mt_range_kind)(word & 3);
}

static bool enter_in(uint32_t index, uint64_t word) {
    uint64_t empty = 0;
    return !atomic_load_explicit(&ranges[index], memory_order_relaxed) &&
           atomic_compare_exchange_strong(&ranges[index], &empty, word);
}

/* Where, or NULL. */
static _Atomic uint64_t *enter(uint64_t word) {
    uint32_t end = atomic_load(&used);
    for (uint32_t i = 0; i < end && i < MT_RANGES_MOST; i++)
        if (enter_in(i, word))
            return &ranges[i];
    while (atomic_load(&used) < MT_RANGES_MOST) {
        uint32_t index = atomic_fetch_add(&used, 1);
        if (index >= MT_RANGES_MOST)
            break;
        if (enter_in(index, word))
            return &ranges[index];
    }
    if (kind_of(word) == MT_RANGE_HEAP)
        atomic_store(&incomplete, true);
    return NULL;
}

void mt_ranges_add(enum mt_range_kind kind, const void *at, size_t bytes) {
    uint64_t page = (uintptr_t)at / MT_PAGE_BYTES;
    uint64_t count = mt_page_up(bytes) / MT_PAGE_BYTES;
    while (count) {
        uint64_t part = count < COUNT_MOST ? count : COUNT_MOST;
        (void)enter(word_of(kind, page, part));
        page += part;
        count -= part;
    }
}

/* Another cut came first, so what was entered may hold what that has removed. */
static void withdraw(_Atomic uint64_t *range, uint64_t word) {
    uint64_t there = word;
    if (range && !atomic_compare_exchange_strong(range, &there, 0) && there)
        atomic_store(&incomplete, true); /* it was cut itself: nobody knows into what */
}

/* What is left behind the gap is entered first: for a moment it is there twice, at no time
 * not at all. Returns how often it was. */
static uint32_t cut(_Atomic uint64_t *range, uint64_t from, uint64_t to) {
    uint64_t word = atomic_load(range);
    uint32_t entered = 0;
    while (word) {
        uint64_t first = page_of(word), end = first + count_of(word), left = 0, behind = 0;
        _Atomic uint64_t *place = NULL;
        if (end <= from || to <= first)
            break;
        if (first < from)
            left = word_of(kind_of(word), first, from - first);
        if (to < end && !left)
            left = word_of(kind_of(word), to, end - to);
        else if (to < end) {
            behind = word_of(kind_of(word), to, end - to);
            place = enter(behind);
            atomic_fetch_add(&parts, 1);
            entered++;
        }
        if (atomic_compare_exchange_strong(range, &word, left))
            break;
        withdraw(place, behind);
    }
    return entered;
}

void mt_ranges_remove(const void *at, size_t bytes) {
    uint64_t from = (uintptr_t)at / MT_PAGE_BYTES;
    uint64_t to = from + mt_page_up(bytes) / MT_PAGE_BYTES;
    uint32_t seen;
    /* Again where another has made two of one meanwhile: the second may be in a place that
     * was passed. Its place is written before it is counted, and counted before the first
     * is cut, so who finds a range cut already finds it counted. */
    do {
        seen = atomic_load(&parts);
        uint32_t end = atomic_load(&used);
        for (uint32_t i = 0; i < end && i < MT_RANGES_MOST; i++)
            seen += cut(&ranges[i], from, to);
    } while (atomic_load(&parts) != seen);
}

bool mt_ranges_complete(void) {
    return !atomic_load(&incomplete);
}

static void sink(struct mt_range *heap, size_t at, size_t count) {
    struct mt_range moved = heap[at];
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && heap[child].from < heap[child + 1].from)
            child++;
        if (heap[child].from <= moved.from)
            break;
        heap[at] = heap[child];
    }
    heap[at] = moved;
}

static void sort(struct mt_range *range, size_t count) {
    for (size_t i = count / 2; i-- > 0;)
        sink(range, i, count);
    for (size_t i = count; i-- > 1;) {
        struct mt_range last = range[i];
        range[i] = range[0];
        range[0] = last;
        sink(range, 0, i);
    }
}

static size_t join(struct mt_range *range, size_t count) {
    size_t joined = 0;
    for (size_t i = 0; i < count; i++) {
        struct mt_range *last = joined ? &range[joined - 1] : NULL;
        if (last && last->kind == range[i].kind && last->to >= range[i].from) {
            if (last->to < range[i].to)
                last->to = range[i].to;
        } else
            range[joined++] = range[i];
    }
    return joined;
}

size_t mt_ranges_copy(struct mt_range *to) {
    uint32_t end = atomic_load(&used);
    size_t count = 0;
    for (uint32_t i = 0; i < end && i < MT_RANGES_MOST; i++) {
        uint64_t word = atomic_load(&ranges[i]);
        if (word)
            to[count++] =
                (struct mt_range){.from = page_of(word) * MT_PAGE_BYTES,
                                  .to = (page_of(word) + count_of(word)) * MT_PAGE_BYTES,
                                  .kind = kind_of(word)};
    }
    sort(to, count);
    return join(to, count);
}
