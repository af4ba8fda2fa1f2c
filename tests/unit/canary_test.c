/* The canary: from the exact end of a block to its granule's end, byte by byte. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "alloc/canary.h"

#define SIZES 65
#define ROOM  (SIZES + 32)

struct mt_canary mt_canary;

static _Alignas(16) unsigned char memory[ROOM], expected[ROOM];

static int start(void **state) {
    (void)state;
    for (int i = 0; i < 16; i++)
        mt_canary.byte[i] = (unsigned char)(0x91 + 7 * i);
    return 0;
}

static size_t granule_end(size_t size) {
    return (size + 16) / 16 * 16;
}

/* A block of `size` bytes full of 'u' with its canary, and what lies behind it. */
static void written(size_t size) {
    memset(memory, 'u', sizeof memory);
    mt_canary_write(memory, size);
}

static void only_the_canary_is_written(void **state) {
    (void)state;
    for (size_t size = 0; size < SIZES; size++) {
        memset(expected, 'u', sizeof expected);
        for (size_t i = size; i < granule_end(size); i++)
            expected[i] = mt_canary.byte[i % 16];
        written(size);
        assert_memory_equal(memory, expected, ROOM);
        assert_false(mt_canary_damage(memory, size));

        for (size_t i = size / 16 * 16; i < size; i++)
            expected[i] = mt_canary.byte[i % 16]; /* contents that nobody has written */
        memset(memory, 'u', sizeof memory);
        mt_canary_write_over(memory, size);
        assert_memory_equal(memory, expected, ROOM);
        assert_false(mt_canary_damage(memory, size));
    }
}

static void any_other_value_of_any_byte_is_damage(void **state) {
    (void)state;
    for (size_t size = 0; size < SIZES; size++) {
        written(size);
        for (size_t at = size; at < granule_end(size); at++) {
            for (unsigned change = 1; change < 256; change++) {
                memory[at] ^= change;
                unsigned __int128 damage = mt_canary_difference(memory, size);
                assert_true(mt_canary_damage(memory, size));
                assert_true(damage == (unsigned __int128)change << 8 * (at - size));
                memory[at] ^= change;
            }
        }
    }
}

static void what_lies_beside_the_canary_is_not_looked_at(void **state) {
    (void)state;
    for (size_t size = 0; size < SIZES; size++) {
        written(size);
        for (size_t i = 0; i < ROOM; i++)
            if (i < size || i >= granule_end(size))
                memory[i] ^= 0x55;
        assert_false(mt_canary_damage(memory, size));
    }
}

#define TEST(name) cmocka_unit_test_setup(name, start)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(only_the_canary_is_written),
        TEST(any_other_value_of_any_byte_is_damage),
        TEST(what_lies_beside_the_canary_is_not_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
