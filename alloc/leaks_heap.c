#include "alloc/leaks_heap.h"

#define GRANULE 16u

struct mt_leaks_heap mt_leaks_heap;

/* Words of a bitmap over `bits`, and of one more bit, the last block's mark's. */
static uint64_t words(uint64_t bits) {
    return bits / 64 + 1;
}

static uint64_t lay_out_areas(struct mt_leaks_heap *heap) {
    heap->areas = 0;
    heap->granules = 0;
    for (size_t i = 0; i < heap->ranges; i++) {
        if (heap->range[i].kind != MT_RANGE_HEAP)
            continue;
        heap->area[heap->areas++] =
            (struct mt_leaks_area){heap->range[i].from, heap->range[i].to, heap->granules};
        heap->granules += (heap->range[i].to - heap->range[i].from) / GRANULE;
    }
    heap->last = 0;
    heap->before = heap->areas ? heap->area[0].from - 1 : 0;
    heap->span = heap->areas ? heap->area[heap->areas - 1].to - heap->area[0].from : 0;
    return heap->granules;
}

void mt_leaks_heap_know_ranges(void) {
    mt_leaks_heap.ranges = mt_ranges_copy(mt_leaks_heap.range);
}

bool mt_leaks_heap_begin(void) {
    struct mt_leaks_heap *heap = &mt_leaks_heap;
    size_t lists = MT_RANGES_MOST * (sizeof *heap->range + sizeof *heap->area);
    heap->range = mt_pages_map(lists);
    if (!heap->range)
        return false;
    heap->area = (struct mt_leaks_area *)(heap->range + MT_RANGES_MOST);
    mt_leaks_heap_know_ranges();
    uint64_t bits = lay_out_areas(heap), all = 2 * words(bits);
    for (int level = 0; level < MT_LEAKS_LEVELS; level++)
        all += words(bits >> 6 * level);
    heap->memory_bytes = all * sizeof(uint64_t);
    heap->memory = mt_pages_map(heap->memory_bytes);
    if (!heap->memory) {
        mt_leaks_heap_end();
        return false;
    }
    uint64_t *at = heap->memory;
    for (int level = 0; level < MT_LEAKS_LEVELS; level++) {
        heap->starts[level] = at;
        at += words(bits >> 6 * level);
    }
    heap->marks = at;
    heap->pending = at + words(bits);
    return true;
}

void mt_leaks_heap_end(void) {
    struct mt_leaks_heap *heap = &mt_leaks_heap;
    if (heap->memory)
        mt_pages_unmap(heap->memory, heap->memory_bytes);
    if (heap->range)
        mt_pages_unmap(heap->range,
                       MT_RANGES_MOST * (sizeof *heap->range + sizeof *heap->area));
    *heap = (struct mt_leaks_heap){0};
}

const struct mt_leaks_area *mt_leaks_heap_area(uintptr_t address) {
    struct mt_leaks_heap *heap = &mt_leaks_heap;
    size_t low = 0, high = heap->areas;
    const struct mt_leaks_area *area = &heap->area[heap->last];
    if (MT_LIKELY(address - area->from < area->to - area->from))
        return area;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        area = &heap->area[middle];
        if (address < area->from)
            high = middle;
        else if (address >= area->to)
            low = middle + 1;
        else {
            heap->last = middle;
            return area;
        }
    }
    return NULL;
}

bool mt_leaks_heap_add(const struct mt_block *block, uint64_t *granule) {
    uintptr_t header = (uintptr_t)mt_header_of(block->user);
    const struct mt_leaks_area *area = mt_leaks_heap_area(header);
    if (!area)
        return false;
    *granule = area->granule + (header - area->from) / GRANULE;
    for (int level = 0; level < MT_LEAKS_LEVELS; level++) {
        uint64_t bit = *granule >> 6 * level;
        mt_leaks_heap.starts[level][bit >> 6] |= UINT64_C(1) << (bit & 63);
    }
    return true;
}

/* The highest bit set of those up to `bit` in its word, or -1. */
static int highest_up_to(uint64_t word, unsigned bit) {
    word &= ~UINT64_C(0) >> (63 - bit);
    return word ? 63 - __builtin_clzll(word) : -1;
}

/* The last start at or before `granule`, from `first` on. Up from level to level until one
 * has a bit before, and down again along its last ones. */
static bool start_before(uint64_t granule, uint64_t first, uint64_t *found) {
    uint64_t *const *starts = mt_leaks_heap.starts;
    uint64_t at = granule;
    int level = 0, bit;
    for (;;) {
        bit = highest_up_to(starts[level][at >> 6], (unsigned)(at & 63));
        if (bit >= 0)
            break;
        at >>= 6;
        if (at == 0 || at << 6 * (level + 1) <= first)
            return false;
        at--; /* of the next level, the words before this one */
        if (level < MT_LEAKS_LEVELS - 1)
            level++;
        else
            at = at << 6 | 63;
    }
    at = (at & ~UINT64_C(63)) | (unsigned)bit;
    for (; level > 0; level--)
        at = at << 6 | (uint64_t)(63 - __builtin_clzll(starts[level - 1][at]));
    *found = at;
    return at >= first;
}

bool mt_leaks_heap_before(const struct mt_leaks_area *area, uintptr_t address,
                          uint64_t *granule, uintptr_t *header) {
    if (!start_before(area->granule + (address - area->from) / GRANULE, area->granule,
                      granule))
        return false;
    *header = area->from + (*granule - area->granule) * GRANULE;
    return true;
}

void mt_leaks_heap_each(bool pending, void (*each)(uint64_t, uintptr_t)) {
    struct mt_leaks_heap *heap = &mt_leaks_heap;
    uint64_t *bits = pending ? heap->pending : heap->starts[0];
    for (size_t i = 0; i < heap->areas; i++) {
        const struct mt_leaks_area *area = &heap->area[i];
        uint64_t end = area->granule + (area->to - area->from) / GRANULE;
        for (uint64_t word = area->granule >> 6; word < end >> 6; word++) {
            uint64_t left = bits[word];
            if (pending)
                bits[word] = 0;
            for (; left; left &= left - 1) {
                uint64_t granule = word << 6 | (uint64_t)__builtin_ctzll(left);
                each(granule, area->from + (granule - area->granule) * GRANULE);
            }
        }
    }
}
