/* Reading regions that may be damaged: the check, record counts, sums over shards. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/region_fixture.h"
#include <string.h>

static struct mt_region *region;
static const char *why;

static int start(void **state) {
    (void)state;
    region = fixture_region();
    return 0;
}

static void a_sound_region_passes(void **state) {
    (void)state;
    why = "unset";
    assert_true(mt_region_check(region, FIXTURE_BYTES, &why));
    assert_null(why);
}

static void refused(const char *text) {
    why = NULL;
    assert_false(mt_region_check(region, FIXTURE_BYTES, &why));
    assert_string_equal(why, text);
}

static void what_is_no_region_is_refused(void **state) {
    (void)state;
    assert_false(mt_region_check(region, sizeof *region - 1, &why));
    region->magic ^= 1;
    refused("not a region of libmtalloc");
}

static void versions_are_told_apart(void **state) {
    (void)state;
    region->version++;
    refused("a region of a newer version of libmtalloc");
    region->version = 0;
    refused("a region of an unknown version of libmtalloc");
}

static void a_region_longer_than_its_memory_is_refused(void **state) {
    (void)state;
    region->region_bytes = FIXTURE_BYTES + 1;
    refused("a region that is cut short");
    region->region_bytes = FIXTURE_BYTES;
    region->header_bytes = sizeof *region - 1;
    refused("a region that is cut short");
}

static void every_table_must_lie_inside_in_full(void **state) {
    (void)state;
    for (int id = 0; id < MT_TABLE_COUNT; id++) {
        struct mt_table *table = &region->table[id], sound = *table;
        uint64_t length = (uint64_t)table->stride * table->capacity;
        table->offset = (FIXTURE_BYTES - length) & ~UINT64_C(7);
        assert_true(mt_region_check(region, FIXTURE_BYTES, &why));
        table->offset += 8;
        refused("a region with a damaged header");
        table->offset = UINT64_MAX & ~UINT64_C(7);
        refused("a region with a damaged header");
        *table = sound;
        table->offset = region->header_bytes - 8;
        refused("a region with a damaged header");
        *table = sound;
        table->offset++;
        refused("a region with a damaged header");
        *table = sound;
        table->stride -= 8;
        refused("a region with a damaged header");
        *table = sound;
        table->stride = UINT32_MAX & ~7u;
        table->capacity = UINT32_MAX;
        refused("a region with a damaged header");
        *table = sound;
    }
    assert_true(mt_region_check(region, FIXTURE_BYTES, &why));
}

static void more_shards_than_there_can_be_are_refused(void **state) {
    (void)state;
    region->table[MT_TABLE_SHARDS].capacity = MT_SHARDS + 1;
    refused("a region with a damaged header");
}

static void counts_never_exceed_open_or_capacity(void **state) {
    (void)state;
    struct mt_table *table = &region->table[MT_TABLE_NODES];
    table->used = 10;
    table->open = 20;
    assert_int_equal(mt_region_count(region, MT_TABLE_NODES), 10);
    table->used = 30;
    assert_int_equal(mt_region_count(region, MT_TABLE_NODES), 20);
    table->used = table->open = UINT32_MAX;
    assert_int_equal(mt_region_count(region, MT_TABLE_NODES), table->capacity);
    table->used = 10;
    assert_true(mt_region_table_bytes(region, MT_TABLE_NODES) == table->offset + 480);
}

static void sums(uint32_t site, struct mt_site_sums wanted) {
    struct mt_site_sums got;
    mt_region_sum_site(region, site, &got);
    assert_int_equal(got.allocs, wanted.allocs);
    assert_int_equal(got.alloc_bytes, wanted.alloc_bytes);
    assert_int_equal(got.frees, wanted.frees);
    assert_int_equal(got.free_bytes, wanted.free_bytes);
    assert_int_equal(got.temporary, wanted.temporary);
    assert_int_equal(got.reallocs, wanted.reallocs);
    assert_int_equal(got.peak_bytes, wanted.peak_bytes);
}

static void a_site_is_the_sum_over_its_shards(void **state) {
    (void)state;
    /* Shard 0 saw the current epoch with 700 bytes live; shard 1 has not counted since an
     * earlier one, so its own -200 were true when the current one began. */
    sums(FIXTURE_SITE_MAKE, (struct mt_site_sums){10, 1000, 6, 600, 1, 2, 500});
    sums(FIXTURE_SITE_KEEP, (struct mt_site_sums){4, 101, 3, 96, 3, 0, 37});
}

static void sites_without_counters_are_zero(void **state) {
    (void)state;
    sums(FIXTURE_SITE_KEEP + 1, (struct mt_site_sums){0});
    sums(8000, (struct mt_site_sums){0});
    sums(MT_SITES_MAX, (struct mt_site_sums){0});
    /* Beyond the directory the next shard begins, whose first field happens to be 1, the
     * chunk that leads to this site. */
    uint32_t place =
        (sizeof(struct mt_shard) - offsetof(struct mt_shard, directory)) / sizeof(uint32_t);
    sums(place * 256 * MT_CHUNK_SITES + FIXTURE_SITE_MAKE, (struct mt_site_sums){0});
    sums(UINT32_MAX, (struct mt_site_sums){0});
}

static void unused_shards_are_not_read(void **state) {
    (void)state;
    fixture_shard(region, 1)->used = 0;
    sums(FIXTURE_SITE_MAKE, (struct mt_site_sums){10, 1000, 4, 400, 1, 2, 700});
}

static void neighbours_in_every_level_are_kept_apart(void **state) {
    (void)state;
    static const uint32_t site[] = {15, 16, 31, 255, 256, 4095, 4096, 4111, 4112, 8191};
    enum { SITES = sizeof site / sizeof *site };
    for (uint32_t i = 0; i < SITES; i++)
        fixture_counter(region, 0, site[i])->allocs = i + 1;
    for (uint32_t i = 0; i < SITES; i++)
        sums(site[i], (struct mt_site_sums){.allocs = i + 1});
}

static void chunk_indices_out_of_range_lead_nowhere(void **state) {
    (void)state;
    struct mt_shard *shard = fixture_shard(region, 0);
    uint32_t directory = shard->directory[0];
    struct mt_chunk *chunk = fixture_record(region, MT_TABLE_CHUNKS, directory);
    struct mt_site_sums rest = {0, 0, 2, 200, 0, 0, -200};
    shard->directory[0] = mt_region_count(region, MT_TABLE_CHUNKS);
    sums(FIXTURE_SITE_MAKE, rest);
    shard->directory[0] = UINT32_MAX;
    sums(FIXTURE_SITE_MAKE, rest);
    shard->directory[0] = directory;
    chunk->u.index[0] = mt_region_count(region, MT_TABLE_CHUNKS);
    sums(FIXTURE_SITE_MAKE, rest);
}

#define TEST(name) cmocka_unit_test_setup(name, start)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_sound_region_passes),
        TEST(what_is_no_region_is_refused),
        TEST(versions_are_told_apart),
        TEST(a_region_longer_than_its_memory_is_refused),
        TEST(every_table_must_lie_inside_in_full),
        TEST(more_shards_than_there_can_be_are_refused),
        TEST(counts_never_exceed_open_or_capacity),
        TEST(a_site_is_the_sum_over_its_shards),
        TEST(sites_without_counters_are_zero),
        TEST(unused_shards_are_not_read),
        TEST(neighbours_in_every_level_are_kept_apart),
        TEST(chunk_indices_out_of_range_lead_nowhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
