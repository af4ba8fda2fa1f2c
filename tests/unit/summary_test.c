/* A region as a summary: against a golden file, and region by region what damage does. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/hash.h"
#include "export/summary.h"
#include "tests/unit/region_fixture.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct mt_region *region;
static char text[4 << 20];

static const struct mt_resources resources = {
    .rss_bytes = 8192000,
    .rss_peak_bytes = 9216000,
    .cpu_user_us = 1500,
    .cpu_system_us = 500,
    .threads = 2,
    .now_unix_ms = UINT64_C(1700000000000),
    .uptime_ms = 1234,
    .known = true,
};

static int start(void **state) {
    (void)state;
    region = fixture_region();
    return 0;
}

static int write_bounded(const struct mt_resources *process, uint64_t max_bytes) {
    int file = memfd_create("summary", MFD_CLOEXEC);
    assert_true(file >= 0);
    struct mt_summary_target target = {.fd = file, .max_bytes = max_bytes};
    int result = mt_summary_write(region, &target, MT_REASON_RECORDING, process);
    ssize_t length = pread(file, text, sizeof text - 1, 0);
    assert_true(length >= 0 && length < (ssize_t)sizeof text - 1);
    text[length] = '\0';
    close(file);
    return result;
}

static void write_all(void) {
    assert_int_equal(write_bounded(&resources, 3 << 20), 0);
}

static unsigned lines(const char *beginning) {
    unsigned found = 0;
    for (const char *at = text; *at; at = strchr(at, '\n') + 1)
        found += strncmp(at, beginning, strlen(beginning)) == 0;
    return found;
}

static void has(const char *part) {
    if (!strstr(text, part))
        fail_msg("no %s in\n%s", part, text);
}

static void has_not(const char *part) {
    if (strstr(text, part))
        fail_msg("%s in\n%s", part, text);
}

/* With MTALLOC_GOLDEN set the file is written instead. */
static void the_fixture_is_the_golden_file(void **state) {
    (void)state;
    static char golden[sizeof text];
    char path[4096];
    const char *source = getenv("srcdir");
    write_all();
    snprintf(path, sizeof path, "%s/tests/schema/two_sites.mtalloc", source ? source : ".");
    if (getenv("MTALLOC_GOLDEN")) {
        int made = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
        assert_int_equal(write(made, text, strlen(text)), strlen(text));
        close(made);
    }
    int file = open(path, O_RDONLY);
    if (file < 0)
        fail_msg("cannot open %s", path);
    assert_true(read(file, golden, sizeof golden - 1) > 0);
    close(file);
    assert_string_equal(text, golden);
}

static void end_counts_and_hashes_what_is_before_it(void **state) {
    (void)state;
    char wanted[128];
    write_all();
    char *end = strstr(text, "{\"type\":\"end\"");
    snprintf(wanted, sizeof wanted,
             "{\"type\":\"end\",\"records\":%u,\"xxh3\":\"%016" PRIx64
             "\",\"mismatch\":0}\n",
             lines("{") - 1, mt_hash_seeded(text, (size_t)(end - text), 0));
    assert_string_equal(end, wanted);
}

static void the_hash_covers_files_longer_than_the_buffer(void **state) {
    (void)state;
    fixture_frames(region, 2000);
    write_all();
    assert_true(strlen(text) > 100000);
    end_counts_and_hashes_what_is_before_it(NULL);
}

static void records_come_in_the_order_of_the_format(void **state) {
    (void)state;
    static const char *const order[] = {"header", "total",     "module",   "frame", "site",
                                        "thread", "histogram", "resource", "event", "end"};
    const char *at = text;
    write_all();
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        char beginning[64];
        snprintf(beginning, sizeof beginning, "{\"type\":\"%s\",", order[i]);
        assert_true(strncmp(at, beginning, strlen(beginning)) == 0);
        while (strncmp(at, beginning, strlen(beginning)) == 0)
            at = strchr(at, '\n') + 1;
    }
    assert_string_equal(at, "");
}

static void every_reason_and_state_has_its_name(void **state) {
    (void)state;
    static const char *const states[] = {"empty", "running", "exited", "aborted",
                                         "running"};
    static const char *const reasons[] = {"signal",    "exit",  "api",      "outside",
                                          "recording", "limit", "interval", "peak"};
    for (uint32_t i = 0; i < 5; i++) {
        char wanted[64];
        region->state = i < 4 ? i : 78;
        write_all();
        snprintf(wanted, sizeof wanted, "\"state\":\"%s\"", states[i]);
        has(wanted);
        assert_string_equal(mt_reason_name((enum mt_reason)i), reasons[i]);
    }
}

static void at_a_new_high_water_mark_the_peak_is_what_is_live(void **state) {
    (void)state;
    region->peak_bytes = 405;
    write_all();
    has("\"live_bytes\":405,\"peak_bytes\":405,\"peak_error_bytes\":64");
    has("\"live_bytes\":400,\"peak_bytes\":400,");
    has("\"live_bytes\":5,\"peak_bytes\":5,");
    region->peak_bytes = -5;
    write_all();
    has("\"live_bytes\":405,\"peak_bytes\":405,\"peak_error_bytes\":64");
    region->peak_bytes = 406;
    write_all();
    has("\"live_bytes\":405,\"peak_bytes\":406,\"peak_error_bytes\":64");
    has("\"live_bytes\":400,\"peak_bytes\":500,");
}

static void a_site_may_have_held_less_than_nothing_at_the_peak(void **state) {
    (void)state;
    fixture_counter(region, 0, FIXTURE_SITE_MAKE)->peak_bytes = 150;
    write_all();
    has("\"live_bytes\":400,\"peak_bytes\":-50,");
}

static void the_self_check_counts_every_difference(void **state) {
    (void)state;
    fixture_shard(region, 0)->alloc_bytes += 3;
    fixture_shard(region, 0)->free_bytes -= 10;
    fixture_shard(region, 1)->bin_allocs[7] += 100;
    fixture_shard(region, 1)->bin_frees[7] += 1000;
    write_all();
    has("\"mismatch\":1113}");
}

static void frees_beyond_allocations_are_clamped_and_counted_as_mismatch(void **state) {
    (void)state;
    struct mt_counter *counter = fixture_counter(region, 0, FIXTURE_SITE_MAKE);
    counter->frees += 10;
    counter->free_bytes += 1000;
    fixture_shard(region, 0)->bin_frees[7] += 10;
    fixture_shard(region, 0)->free_bytes += 1000;
    write_all();
    has("\"frees\":16,\"free_bytes\":1600,\"live\":0,\"live_bytes\":0,");
    has("\"mismatch\":606}");
}

static void sites_without_counts_are_left_out(void **state) {
    (void)state;
    write_all();
    assert_int_equal(lines("{\"type\":\"site\""), 2);
}

static void overflow_is_summed_for_the_total(void **state) {
    (void)state;
    struct mt_counter *counter = fixture_counter(region, 0, MT_PSEUDO_OVERFLOW);
    counter->allocs = 17;
    write_all();
    has("\"overflow_allocs\":17,");
}

static void a_process_that_is_gone_has_null_figures(void **state) {
    (void)state;
    struct mt_resources gone = resources;
    gone.known = false;
    assert_int_equal(write_bounded(&gone, 1 << 20), 0);
    has("\"rss_bytes\":null,\"rss_peak_bytes\":null,\"threads\":null,\"cpu_user_us\":null,"
        "\"cpu_system_us\":null,\"metadata_bytes\":65536,");
    gone = resources;
    gone.rss_bytes = MT_UNKNOWN;
    assert_int_equal(write_bounded(&gone, 1 << 20), 0);
    has("\"rss_bytes\":null,\"rss_peak_bytes\":9216000,");
}

static void the_allocators_figures_have_their_age(void **state) {
    (void)state;
    region->figures = (struct mt_figures){234, 1, 2, 3, 4};
    write_all();
    has("\"allocator_allocated\":1,\"allocator_active\":2,\"allocator_resident\":3,"
        "\"allocator_mapped\":4,\"allocator_age_ms\":1000}");
}

static void exited_and_shared_threads_are_thread_0(void **state) {
    (void)state;
    write_all();
    has("{\"type\":\"thread\",\"thread\":1,\"allocs\":10,");
    has("{\"type\":\"thread\",\"thread\":3,\"allocs\":2,\"alloc_bytes\":64,\"frees\":5,");
    has("{\"type\":\"thread\",\"thread\":0,\"allocs\":2,\"alloc_bytes\":37,\"frees\":0,");
    fixture_shard(region, 0)->thread = 0;
    write_all();
    has_not("\"thread\":1,");
    has("{\"type\":\"thread\",\"thread\":0,\"allocs\":12,");
}

static void holes_in_the_tables_are_passed_over(void **state) {
    (void)state;
    struct mt_node *node = fixture_record(region, MT_TABLE_NODES, FIXTURE_KEEP + 1);
    node[0] = (struct mt_node){.parent = FIXTURE_MAIN}; /* claimed, never published */
    node[1] = (struct mt_node){.parent = FIXTURE_MAIN, .module = FIXTURE_DEMO, .offset = 5};
    region->table[MT_TABLE_NODES].used += 2;
    region->table[MT_TABLE_SITES].used += 1;
    region->table[MT_TABLE_MODULES].used += 1;
    write_all();
    assert_int_equal(lines("{\"type\":\"frame\""), MT_PSEUDO_COUNT + 4);
    assert_int_equal(lines("{\"type\":\"module\""), MT_PSEUDO_COUNT + 2);
    assert_int_equal(lines("{\"type\":\"site\""), 2);
    has_not("sites-omitted");
}

/* What a bad frame takes with it: its descendants, never what is beside them. */
static void frames_that_lead_nowhere_go_with_their_descendants(void **state) {
    (void)state;
    struct mt_node *node = fixture_record(region, MT_TABLE_NODES, 0);
    uint32_t next = FIXTURE_KEEP + 1;
    node[next] = (struct mt_node){.parent = FIXTURE_KEEP, .module = FIXTURE_DEMO};
    node[next + 1] = (struct mt_node){.parent = next, .module = FIXTURE_DEMO};
    node[next + 2] = (struct mt_node){.parent = next + 1, .module = FIXTURE_DEMO};
    node[next + 3] = (struct mt_node){.parent = FIXTURE_MAKE, .module = FIXTURE_DEMO};
    region->table[MT_TABLE_NODES].used += 4;
    static const uint32_t bad_module[] = {0, FIXTURE_LIBRARY + 1, UINT32_MAX};
    for (int i = 0; i < 3; i++) {
        node[FIXTURE_KEEP].module = bad_module[i];
        write_all();
        assert_int_equal(lines("{\"type\":\"frame\""), MT_PSEUDO_COUNT + 3);
        has("{\"type\":\"frame\",\"id\":13,\"parent\":8,");
        has("\"kind\":\"sites-omitted\",\"at_ms\":1234,\"id\":0,\"size\":0,\"value\":1,");
        has("\"error_frame\":0,\"alloc_frame\":8,\"free_frame\":0}");
        assert_int_equal(lines("{\"type\":\"site\""), 1);
    }
    node[FIXTURE_KEEP].module = FIXTURE_LIBRARY;
    static const uint32_t bad_parent[] = {FIXTURE_KEEP, FIXTURE_KEEP + 3, UINT32_MAX};
    for (int i = 0; i < 3; i++) {
        node[FIXTURE_KEEP].parent = bad_parent[i];
        write_all();
        assert_int_equal(lines("{\"type\":\"frame\""), MT_PSEUDO_COUNT + 3);
    }
}

static void modules_that_are_not_ready_take_their_frames_with_them(void **state) {
    (void)state;
    struct mt_module *module = fixture_record(region, MT_TABLE_MODULES, FIXTURE_LIBRARY);
    module->ready = 0;
    write_all();
    assert_int_equal(lines("{\"type\":\"module\""), MT_PSEUDO_COUNT + 1);
    assert_int_equal(lines("{\"type\":\"frame\""), MT_PSEUDO_COUNT + 2);
    assert_int_equal(lines("{\"type\":\"site\""), 1);
}

static void a_tree_deeper_than_any_stack_is_cut_off(void **state) {
    (void)state;
    struct mt_node *node = fixture_record(region, MT_TABLE_NODES, 0);
    for (uint32_t i = FIXTURE_KEEP + 1; i < 8192; i++)
        node[i] = (struct mt_node){.parent = i - 1, .module = FIXTURE_DEMO};
    node[FIXTURE_KEEP].module = UINT32_MAX;
    region->table[MT_TABLE_NODES].used = 8192;
    write_all();
    assert_int_equal(lines("{\"type\":\"frame\""), MT_PSEUDO_COUNT + 2);
    node[FIXTURE_KEEP].module =
        FIXTURE_LIBRARY; /* nothing is amiss: no need to look deep */
    write_all();
    assert_int_equal(lines("{\"type\":\"frame\""), 8191);
}

static void leaves_out_of_range_omit_their_sites(void **state) {
    (void)state;
    struct mt_site *site = fixture_record(region, MT_TABLE_SITES, FIXTURE_SITE_KEEP);
    static const uint32_t bad[] = {0, FIXTURE_KEEP + 1, UINT32_MAX};
    for (int i = 0; i < 3; i++) {
        site->node = bad[i];
        write_all();
        assert_int_equal(lines("{\"type\":\"site\""), 1);
        has("\"value\":1,\"error_frame\":0,\"alloc_frame\":0,\"free_frame\":0}");
        has("{\"type\":\"total\",\"allocs\":14,"); /* still counted there */
    }
}

static void texts_need_no_end_and_cannot_break_the_json(void **state) {
    (void)state;
    struct mt_module *module = fixture_record(region, MT_TABLE_MODULES, FIXTURE_LIBRARY);
    memset(module->name, '"', sizeof module->name);
    memset(region->program, '\n', sizeof region->program);
    module->build_id_bytes = MT_BUILD_ID_MAX + 1;
    write_all();
    has("\"build_id\":null}\n{\"type\":\"frame\"");
    has("\\\"\",\"build_id\"");
    has_not("\"\"\"");
    assert_int_equal(lines("{\"type\":"), lines(""));
}

static void numbers_stay_below_two_to_the_63(void **state) {
    (void)state;
    struct mt_counter *counter = fixture_counter(region, 0, FIXTURE_SITE_MAKE);
    counter->alloc_bytes = UINT64_MAX;
    counter->peak_bytes = INT64_MIN;
    region->events_lost = UINT64_C(1) << 63;
    write_all();
    has("\"events_lost\":9223372036854775807}");
    has_not("1844674407");
}

static void unknown_events_are_left_out(void **state) {
    (void)state;
    struct mt_event *event = fixture_record(region, MT_TABLE_EVENTS, 1);
    event->kind = MT_EVENT_KINDS;
    write_all();
    assert_int_equal(lines("{\"type\":\"event\""), 0);
    event->kind = MT_EVENT_DOUBLE_FREE;
    event->ready = 0;
    write_all();
    assert_int_equal(lines("{\"type\":\"event\""), 0);
}

/* 4,000 sites of 150 bytes and their frames do not fit into 64 KiB. */
static void a_bounded_file_says_how_many_sites_it_leaves_out(void **state) {
    (void)state;
    enum { MANY = 4000 };
    unsigned before = UINT32_MAX;
    for (uint32_t i = 16; i < 16 + MANY; i++) {
        struct mt_node *node = fixture_record(region, MT_TABLE_NODES, i);
        struct mt_site *site = fixture_record(region, MT_TABLE_SITES, i);
        *node =
            (struct mt_node){.parent = FIXTURE_MAIN, .module = FIXTURE_DEMO, .offset = i};
        site->node = i;
        fixture_counter(region, 0, i)->allocs = 1;
        fixture_shard(region, 0)->bin_allocs[3]++;
    }
    region->table[MT_TABLE_NODES].used = region->table[MT_TABLE_SITES].used = 16 + MANY;
    static const uint64_t bound[] = {4 << 20, 256 << 10, 64 << 10};
    for (int i = 0; i < 3; i++) {
        char wanted[64];
        assert_int_equal(write_bounded(&resources, bound[i]), 0);
        unsigned printed = lines("{\"type\":\"site\"");
        assert_true(strlen(text) <= bound[i]);
        assert_true(printed < before);
        snprintf(wanted, sizeof wanted, "\"value\":%u,", MANY + 2 - printed);
        if (printed < MANY + 2)
            has(wanted);
        else
            has_not("sites-omitted");
        has("{\"type\":\"total\",\"allocs\":4014,");
        has("\"mismatch\":0}\n");
        before = printed;
    }
    assert_true(before > 10);
}

static void modules_have_their_share_of_the_bound(void **state) {
    (void)state;
    assert_int_equal(write_bounded(&resources, 8192), 0);
    assert_true(lines("{\"type\":\"module\"") < MT_PSEUDO_COUNT + 2);
    has("\"kind\":\"sites-omitted\"");
    has("\"mismatch\":0}\n");
}

static void errors_of_the_file_are_returned(void **state) {
    (void)state;
    int full = open("/dev/full", O_WRONLY);
    struct mt_summary_target target = {.fd = full, .max_bytes = 1 << 20};
    assert_int_equal(mt_summary_write(region, &target, MT_REASON_API, &resources), -ENOSPC);
    close(full);
    target.fd = -1;
    assert_int_equal(mt_summary_write(region, &target, MT_REASON_API, &resources), -EBADF);
    write_all(); /* and leave nothing behind for the next one */
    the_fixture_is_the_golden_file(NULL);
}

static void strict_has_no_names_and_rounds_sizes_of_blocks(void **state) {
    (void)state;
    struct mt_event *event = fixture_record(region, MT_TABLE_EVENTS, 0);
    event->kind = MT_EVENT_SIZE_MISMATCH;
    event->size = 1000;
    event->value = 4097;
    atomic_store(&event->ready, 1);
    write_all();
    has("\"privacy\":\"standard\"");
    has("\"program\":\"demo\"");
    has("\"name\":\"libkeep.so.1\"");
    has("\"size\":1000,\"value\":4097,");
    region->strict = 1;
    write_all();
    has("\"privacy\":\"strict\"");
    has("\"program\":\"\"");
    has("\"name\":\"\",\"build_id\":\"0011");
    has("\"name\":\"[overflow]\"");
    has_not("demo");
    has_not("keep");
    has("\"size\":1024,\"value\":8192,");
    event->size = 1024;
    event->value = UINT64_MAX;
    write_all();
    has("\"size\":1024,\"value\":4611686018427387904,");
}

static void the_heaviest_sites_are_kept_and_the_rest_is_one(void **state) {
    (void)state;
    write_all();
    assert_int_equal(lines("{\"type\":\"site\""), 2);
    has_not("[omitted]");
    region->max_sites = 2;
    write_all();
    assert_int_equal(lines("{\"type\":\"site\""), 2);
    has_not("sites-summed");
    region->max_sites = 1;
    write_all();
    assert_int_equal(lines("{\"type\":\"site\""), 2);
    has("\"name\":\"[omitted]\",\"build_id\":null}");
    has("{\"type\":\"event\",\"kind\":\"sites-summed\",\"at_ms\":1234,\"id\":0,\"size\":0,"
        "\"value\":1,");
    has("\"mismatch\":0}\n");
    end_counts_and_hashes_what_is_before_it(NULL);
    region->max_sites = 0;
    region->min_bytes = UINT64_C(1) << 40;
    write_all();
    assert_int_equal(lines("{\"type\":\"site\""), 1);
    assert_int_equal(lines("{\"type\":\"frame\""), 1);
    assert_int_equal(lines("{\"type\":\"module\""), 1);
    has_not("libkeep");
}

#define TEST(name) cmocka_unit_test_setup(name, start)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_fixture_is_the_golden_file),
        TEST(end_counts_and_hashes_what_is_before_it),
        TEST(the_hash_covers_files_longer_than_the_buffer),
        TEST(records_come_in_the_order_of_the_format),
        TEST(every_reason_and_state_has_its_name),
        TEST(at_a_new_high_water_mark_the_peak_is_what_is_live),
        TEST(a_site_may_have_held_less_than_nothing_at_the_peak),
        TEST(the_self_check_counts_every_difference),
        TEST(frees_beyond_allocations_are_clamped_and_counted_as_mismatch),
        TEST(sites_without_counts_are_left_out),
        TEST(overflow_is_summed_for_the_total),
        TEST(a_process_that_is_gone_has_null_figures),
        TEST(the_allocators_figures_have_their_age),
        TEST(exited_and_shared_threads_are_thread_0),
        TEST(holes_in_the_tables_are_passed_over),
        TEST(frames_that_lead_nowhere_go_with_their_descendants),
        TEST(modules_that_are_not_ready_take_their_frames_with_them),
        TEST(a_tree_deeper_than_any_stack_is_cut_off),
        TEST(leaves_out_of_range_omit_their_sites),
        TEST(texts_need_no_end_and_cannot_break_the_json),
        TEST(numbers_stay_below_two_to_the_63),
        TEST(unknown_events_are_left_out),
        TEST(a_bounded_file_says_how_many_sites_it_leaves_out),
        TEST(modules_have_their_share_of_the_bound),
        TEST(errors_of_the_file_are_returned),
        TEST(strict_has_no_names_and_rounds_sizes_of_blocks),
        TEST(the_heaviest_sites_are_kept_and_the_rest_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
