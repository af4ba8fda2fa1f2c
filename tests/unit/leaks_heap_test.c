/* The bitmaps of leaks=reachable: the block before an address, marks, what is pending. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "alloc/leaks_heap.h"
#include <stdlib.h>

/* Two areas that nobody maps: only their addresses count. */
#define ONE (UINT64_C(1) << 40)
/* Four levels, and words before a top word; the next area begins amid a word of each. */
#define ONE_END (ONE + (UINT64_C(1) << 34) + 0x3000)
#define TWO     (UINT64_C(1) << 41)
#define TWO_END (TWO + 0x10000)

static int begin(void **state) {
    (void)state;
    mt_ranges_add(MT_RANGE_HEAP, (void *)ONE, ONE_END - ONE);
    mt_ranges_add(MT_RANGE_HEAP, (void *)TWO, TWO_END - TWO);
    return mt_leaks_heap_begin() ? 0 : 1;
}

static int end(void **state) {
    (void)state;
    mt_leaks_heap_end();
    mt_ranges_remove((void *)ONE, ONE_END - ONE);
    mt_ranges_remove((void *)TWO, TWO_END - TWO);
    return 0;
}

static uint64_t add(uint64_t header) {
    struct mt_block block = {.user = (void *)(header + sizeof(struct mt_header))};
    uint64_t granule = 0;
    assert_true(mt_leaks_heap_add(&block, &granule));
    return granule;
}

/* The header before an address; 0: none. */
static uint64_t before(uint64_t address) {
    uint64_t granule;
    uintptr_t header;
    const struct mt_leaks_area *area = mt_leaks_heap_area(address);
    return area && mt_leaks_heap_before(area, address, &granule, &header) ? header : 0;
}

static void the_block_before_is_found_near_and_far(void **state) {
    (void)state;
    assert_int_equal(before(ONE_END - 1), 0);
    add(ONE + 0x100);
    assert_int_equal(before(ONE + 0xff), 0);
    assert_int_equal(before(ONE + 0x100), ONE + 0x100);
    assert_int_equal(before(ONE_END - 1), ONE + 0x100);
    add(ONE + (UINT64_C(5) << 30));
    assert_int_equal(before(ONE_END - 1), ONE + (UINT64_C(5) << 30));
    assert_int_equal(before(ONE + (UINT64_C(5) << 30) - 1), ONE + 0x100);
}

static void no_block_of_another_area_is_found(void **state) {
    (void)state;
    add(ONE_END - 32);
    assert_int_equal(before(TWO + 100), 0);
    assert_int_equal(before(TWO + 0x8000), 0);
    assert_int_equal(before(ONE_END), 0);
    assert_int_equal(before(ONE - 1), 0);
    assert_int_equal(before(TWO_END), 0);
    add(TWO);
    assert_int_equal(before(TWO + 100), TWO);
    struct mt_block block = {.user = (void *)(TWO_END + 16)};
    uint64_t granule;
    assert_false(mt_leaks_heap_add(&block, &granule));
}

static int by_value(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void it_is_the_one_that_a_search_finds(void **state) {
    enum { RANDOM = 3000, BLOCKS = RANDOM + 3 };
    static uint64_t header[BLOCKS];
    (void)state;
    srand(1);
    for (int i = 3; i < BLOCKS; i++) {
        uint64_t spread = (uint64_t)rand() << (rand() % 8);
        header[i] = ONE + (spread % (ONE_END - ONE - 64) & ~UINT64_C(31));
        add(header[i]);
    }
    header[0] = ONE + 0x100; /* the least of the earlier test's */
    add(header[0]);
    add(ONE + (UINT64_C(5) << 30));
    header[1] = ONE + (UINT64_C(5) << 30);
    header[2] = ONE_END - 32;
    add(header[2]);
    qsort(header, BLOCKS, sizeof *header, by_value);
    for (int i = 0; i < BLOCKS - 1; i++) {
        assert_int_equal(before(header[i]), header[i]);
        if (header[i + 1] > header[i])
            assert_int_equal(before(header[i + 1] - 1), header[i]);
    }
}

static void marks_of_neighbours_are_their_own(void **state) {
    uint64_t granule[200];
    (void)state;
    for (unsigned i = 0; i < 200; i++)
        granule[i] = add(TWO + 0x1000 + 32 * (uint64_t)i);
    for (unsigned i = 0; i < 200; i++)
        mt_leaks_set_mark(granule[i], (enum mt_leaks_mark)(i % 4));
    for (unsigned i = 0; i < 200; i++)
        assert_int_equal(mt_leaks_mark(granule[i]), i % 4);
    for (unsigned i = 0; i < 200; i += 2)
        mt_leaks_set_mark(granule[i], (enum mt_leaks_mark)(3 - i % 4));
    for (unsigned i = 0; i < 200; i++)
        assert_int_equal(mt_leaks_mark(granule[i]), i % 2 ? i % 4 : 3 - i % 4);
}

static unsigned calls;
static uintptr_t last;

static void count(uint64_t granule, uintptr_t header) {
    assert_true(header > last);
    assert_int_equal(before(header), header);
    last = header;
    if (calls++ == 1)
        mt_leaks_set_pending(granule);
}

static void pending_blocks_are_met_once(void **state) {
    (void)state;
    for (unsigned i = 0; i < 10; i++)
        mt_leaks_set_pending(add(TWO + 0x4000 + 1040 * (uint64_t)i));
    mt_leaks_heap_each(true, count);
    assert_int_equal(calls, 10);
    last = 0;
    mt_leaks_heap_each(true, count);
    assert_int_equal(calls, 11);
    last = 0;
    mt_leaks_heap_each(true, count);
    assert_int_equal(calls, 11);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_block_before_is_found_near_and_far),
        cmocka_unit_test(no_block_of_another_area_is_found),
        cmocka_unit_test(it_is_the_one_that_a_search_finds),
        cmocka_unit_test(marks_of_neighbours_are_their_own),
        cmocka_unit_test(pending_blocks_are_met_once),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
