/* The header proves itself: its fields, its place, its state. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "alloc/header.h"
#include <string.h>

#define ROUNDS 500

struct mt_header_keys mt_header_keys;

static _Alignas(64) unsigned char memory[4096], other[4096];
static uint64_t seed;

static uint64_t draw(void) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}

/* A live block of random facts somewhere in `memory`, under random keys. */
static void *block(struct mt_block_facts *facts) {
    mt_header_keys = (struct mt_header_keys){draw(), draw(), draw()};
    void *user = memory + 64 + draw() % 200 * 16;
    *facts = (struct mt_block_facts){
        .id = draw() & ((UINT64_C(1) << MT_ID_BITS) - 1),
        .size = draw() % MT_SIZE_EXTENDED,
        .site = (uint32_t)draw() & ((1u << MT_SITE_BITS) - 1),
        .kind = 1 + draw() % MT_KIND_MALLOCX,
    };
    mt_header_write(user, facts);
    return user;
}

static int start(void **state) {
    (void)state;
    seed = 88172645463325252u;
    return 0;
}

static void facts_are_kept(const struct mt_block_facts *facts) {
    void *user = memory + 64;
    mt_header_write(user, facts);
    const struct mt_header *header = mt_header_of(user);
    assert_true(mt_header_valid(header, user, MT_LIVE));
    assert_true(mt_header_id(header) == facts->id);
    assert_int_equal(mt_header_site(header), facts->site);
    assert_int_equal(mt_header_kind(header), facts->kind);
    assert_int_equal(mt_header_aligned(header), facts->aligned);
    uint64_t size =
        facts->size < MT_SIZE_EXTENDED && !facts->aligned ? facts->size : MT_SIZE_EXTENDED;
    assert_true(mt_header_size20(header) == size);
}

static void fields_hold_their_limits_and_do_not_touch(void **state) {
    (void)state;
    const uint64_t id = (UINT64_C(1) << MT_ID_BITS) - 1;
    const uint32_t site = (1u << MT_SITE_BITS) - 1;
    struct mt_block_facts facts[] = {
        {.kind = 0},
        {.id = id},
        {.site = site},
        {.size = MT_SIZE_EXTENDED - 1},
        {.size = MT_SIZE_EXTENDED},
        {.size = UINT64_MAX},
        {.kind = (1 << MT_KIND_BITS) - 1},
        {.size = 5, .aligned = true},
        {.id = id, .size = MT_SIZE_EXTENDED - 1, .site = site, .kind = 7, .aligned = true},
        {.id = UINT64_C(1) << 32, .size = 1, .site = 1, .kind = MT_KIND_MALLOC},
    };
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        facts_are_kept(&facts[i]);
}

static void every_flipped_bit_is_detected(void **state) {
    (void)state;
    struct mt_block_facts facts;
    for (int round = 0; round < ROUNDS; round++) {
        void *user = block(&facts);
        struct mt_header *header = mt_header_of(user);
        for (int freed = 0; freed < 2; freed++) {
            for (unsigned bit = 0; bit < 8 * sizeof *header; bit++) {
                ((unsigned char *)header)[bit / 8] ^= 1 << bit % 8;
                assert_false(mt_header_valid(header, user, MT_LIVE));
                assert_false(mt_header_valid(header, user, MT_FREED));
                ((unsigned char *)header)[bit / 8] ^= 1 << bit % 8;
            }
            if (!freed)
                mt_header_end(header);
        }
    }
}

static void a_zeroed_header_is_detected(void **state) {
    (void)state;
    struct mt_block_facts facts;
    for (int round = 0; round < ROUNDS; round++) {
        void *user = block(&facts);
        memset(mt_header_of(user), round & 1 ? 0 : 0xff, sizeof(struct mt_header));
        assert_false(mt_header_valid(mt_header_of(user), user, MT_LIVE));
        assert_false(mt_header_valid(mt_header_of(user), user, MT_FREED));
    }
}

static void a_header_is_valid_at_its_own_place_only(void **state) {
    (void)state;
    struct mt_block_facts facts;
    for (int round = 0; round < ROUNDS; round++) {
        unsigned char *user = block(&facts);
        const struct mt_header *header = mt_header_of(user);
        memcpy(other, memory, sizeof memory);
        const unsigned char *copy = other + (user - memory);
        assert_false(mt_header_valid(mt_header_of(copy), copy, MT_LIVE));
        assert_false(mt_header_valid(mt_header_of(copy), copy, MT_FREED));
        for (unsigned bit = 0; bit < 47; bit++) {
            const void *moved = (const void *)((uintptr_t)user ^ UINT64_C(1) << bit);
            assert_false(mt_header_valid(header, moved, MT_LIVE));
        }
        for (int shift = 16; shift <= 64; shift += 16) {
            assert_false(mt_header_valid(header, user + shift, MT_LIVE));
            assert_false(mt_header_valid(header, user - shift, MT_LIVE));
        }
    }
}

static void a_header_is_valid_under_its_own_key_only(void **state) {
    (void)state;
    struct mt_block_facts facts;
    for (int round = 0; round < ROUNDS; round++) {
        void *user = block(&facts);
        for (unsigned bit = 0; bit < 128; bit++) {
            uint64_t *key = bit < 64 ? &mt_header_keys.a : &mt_header_keys.b;
            *key ^= UINT64_C(1) << bit % 64;
            assert_false(mt_header_valid(mt_header_of(user), user, MT_LIVE));
            *key ^= UINT64_C(1) << bit % 64;
        }
    }
}

static void live_is_not_freed(void **state) {
    (void)state;
    struct mt_block_facts facts;
    for (int round = 0; round < ROUNDS; round++) {
        void *user = block(&facts);
        struct mt_header *header = mt_header_of(user);
        assert_true(mt_header_valid(header, user, MT_LIVE));
        assert_false(mt_header_valid(header, user, MT_FREED));
        mt_header_end(header);
        assert_false(mt_header_valid(header, user, MT_LIVE));
        assert_true(mt_header_valid(header, user, MT_FREED));
        assert_true(mt_header_id(header) == facts.id); /* a double free names the block */
        assert_true(mt_header_size20(header) == facts.size);
    }
}

static void every_flipped_bit_of_an_extension_is_detected(void **state) {
    (void)state;
    struct mt_block_facts facts;
    for (int round = 0; round < ROUNDS; round++) {
        void *user = block(&facts);
        struct mt_extension *extension = mt_extension_of(user);
        uint64_t size = draw() >> 6;
        mt_extension_write(user, size, round % 64);
        assert_true((extension->size & ((UINT64_C(1) << 58) - 1)) == size);
        assert_int_equal(extension->size >> 58, round % 64);
        for (unsigned bit = 0; bit < 8 * sizeof *extension; bit++) {
            ((unsigned char *)extension)[bit / 8] ^= 1 << bit % 8;
            assert_false(extension->check == mt_extension_check(extension, user));
            ((unsigned char *)extension)[bit / 8] ^= 1 << bit % 8;
        }
        assert_true(extension->check == mt_extension_check(extension, user));
        assert_false(extension->check == mt_extension_check(extension, (char *)user + 16));
    }
}

static void a_block_has_room_for_one_to_sixteen_bytes_of_canary(void **state) {
    (void)state;
    for (size_t n = 0; n < 200; n++) {
        assert_int_equal(mt_body_bytes(n) % 16, 0);
        assert_in_range(mt_body_bytes(n) - n, 1, 16);
        assert_int_equal(mt_prefix_bytes(n, 0), 16);
        assert_int_equal(mt_prefix_bytes(n, 4), 16);
        assert_int_equal(mt_prefix_bytes(n, 5), 32);
        assert_int_equal(mt_prefix_bytes(n, 12), 4096);
    }
    assert_int_equal(mt_prefix_bytes(MT_SIZE_EXTENDED - 1, 0), 16);
    assert_int_equal(mt_prefix_bytes(MT_SIZE_EXTENDED, 0), 32);
}

#define TEST(name) cmocka_unit_test_setup(name, start)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(fields_hold_their_limits_and_do_not_touch),
        TEST(every_flipped_bit_is_detected),
        TEST(a_zeroed_header_is_detected),
        TEST(a_header_is_valid_at_its_own_place_only),
        TEST(a_header_is_valid_under_its_own_key_only),
        TEST(live_is_not_freed),
        TEST(every_flipped_bit_of_an_extension_is_detected),
        TEST(a_block_has_room_for_one_to_sixteen_bytes_of_canary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
