/* Counters: exact from any number of threads, and a high-water mark with a stated bound. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/child.h"
#include "tests/unit/tracking.h"
#include "tests/unit/trap.h"
#include "track/counters.h"
#include <signal.h>
#include <string.h>

#define SITES      40u
#define OPERATIONS 50000u
#define MANY       (MT_SHARDS_OWNED + 24)
#define BASE       64u /* first site used */

static pthread_barrier_t gate;
static unsigned parties, shared_threads;

static uint64_t size_of(uintptr_t thread, uint32_t i) {
    return (thread * 131 + i) % 3000;
}

/* Each thread allocates, and frees what the next thread's formula allocates: after all have
 * run, every block was freed by another thread, but for every tenth. */
static void *allocate_and_free(void *argument) {
    uintptr_t self = (uintptr_t)argument;
    struct mt_thread *thread = mt_thread_start();
    if (!thread)
        abort();
    if (thread->shared)
        __atomic_fetch_add(&shared_threads, 1, __ATOMIC_RELAXED);
    pthread_barrier_wait(&gate);
    uint32_t operations = OPERATIONS * 8 / parties;
    for (uint32_t i = 0; i < operations; i++)
        mt_count_alloc(thread->shard, thread->shared, BASE + i % SITES, size_of(self, i));
    pthread_barrier_wait(&gate);
    for (uint32_t i = 0; i < operations; i++)
        if (i % 10)
            mt_count_free(thread->shard, thread->shared, BASE + i % SITES,
                          size_of((self + 1) % parties, i), i % 100 == 1);
    pthread_barrier_wait(&gate);
    return NULL;
}

static void add_expected(struct mt_site_sums expected[SITES], uint32_t operations) {
    for (uintptr_t thread = 0; thread < parties; thread++) {
        for (uint32_t i = 0; i < operations; i++) {
            struct mt_site_sums *site = &expected[i % SITES];
            site->allocs++;
            site->alloc_bytes += size_of(thread, i);
            site->frees += i % 10 != 0;
            site->free_bytes += i % 10 ? size_of(thread, i) : 0;
            site->temporary += i % 100 == 1;
        }
    }
}

/* The sums over all shards, of their independent totals. */
static struct mt_totals shard_totals(void) {
    struct mt_totals all = {0}, one;
    for (unsigned i = 0; i < MT_SHARDS; i++) {
        mt_shard_totals(&mt_shards[i], &one);
        all.allocs += one.allocs;
        all.alloc_bytes += one.alloc_bytes;
        all.frees += one.frees;
        all.free_bytes += one.free_bytes;
    }
    return all;
}

static int64_t pending(void) {
    int64_t sum = 0;
    for (unsigned i = 0; i < MT_SHARDS; i++)
        sum += (int64_t)(mt_shards[i].alloc_bytes - mt_shards[i].free_bytes) -
               mt_shards[i].moved_bytes;
    return sum;
}

static void count_from(unsigned threads) {
    static struct mt_site_sums expected[SITES];
    CHECK(tracking_start(NULL) == 0);
    parties = threads;
    pthread_barrier_init(&gate, NULL, threads);
    tracking_threads(threads, allocate_and_free);
    add_expected(expected, OPERATIONS * 8 / threads);
    struct mt_totals totals = shard_totals();
    for (uint32_t i = 0; i < SITES; i++) {
        struct mt_site_sums got;
        mt_region_sum_site(mt_region_own, BASE + i, &got);
        CHECK(got.allocs == expected[i].allocs && got.frees == expected[i].frees);
        CHECK(got.alloc_bytes == expected[i].alloc_bytes);
        CHECK(got.free_bytes == expected[i].free_bytes);
        CHECK(got.temporary == expected[i].temporary);
        totals.allocs -= got.allocs;
        totals.frees -= got.frees;
        totals.alloc_bytes -= got.alloc_bytes;
        totals.free_bytes -= got.free_bytes;
        expected[0].peak_bytes += (int64_t)(got.alloc_bytes - got.free_bytes);
    }
    CHECK(!totals.allocs && !totals.frees && !totals.alloc_bytes && !totals.free_bytes);
    CHECK(mt_region_own->live_bytes + pending() == expected[0].peak_bytes);
    CHECK(mt_region_own->threads == 1); /* this one */
}

static void count_from_8(void) {
    count_from(8);
    CHECK(shared_threads == 0);
}

static void count_from_many(void) {
    count_from(MANY);
    CHECK(shared_threads == MANY - (MT_SHARDS_OWNED - 1)); /* the main thread has one */
    CHECK(mt_region_own->threads_most == MANY + 1);
}

static void threads_with_shards_of_their_own_count_exactly(void **state) {
    (void)state;
    RUN_IN_CHILD(count_from_8);
}

static void threads_that_share_shards_count_exactly(void **state) {
    (void)state;
    RUN_IN_CHILD(count_from_many);
}

static void sizes_fall_into_bins_by_bit_width(void **state) {
    (void)state;
    assert_int_equal(mt_size_bin(0), 0);
    assert_int_equal(mt_size_bin(1), 1);
    for (unsigned bin = 2; bin < MT_SIZE_BINS; bin++) {
        assert_int_equal(mt_size_bin(UINT64_C(1) << (bin - 1)), bin);
        assert_int_equal(mt_size_bin((UINT64_C(1) << bin) - 1), bin < 47 ? bin : 47);
    }
    assert_int_equal(mt_size_bin(UINT64_C(1) << 60), MT_SIZE_BINS - 1);
}

/* What is live by a model, in the order in which it is counted. */
static int64_t live, highest, live_of[SITES], highest_of[SITES];

static void operate(unsigned shard, uint32_t site, int64_t bytes) {
    live += bytes;
    live_of[site] += bytes;
    if (live > highest) {
        highest = live;
        memcpy(highest_of, live_of, sizeof live_of);
    }
    mt_shards[shard].used = 1;
    if (bytes >= 0)
        mt_count_alloc(&mt_shards[shard], false, BASE + site, (uint64_t)bytes);
    else
        mt_count_free(&mt_shards[shard], false, BASE + site, (uint64_t)-bytes, false);
}

static void peak_is_within_its_error(void) {
    int64_t error = (int64_t)mt_region_own->peak_error_bytes;
    CHECK(llabs(mt_region_own->peak_bytes - highest) <= error);
    CHECK(error < highest / 100 + (256 << 10)); /* and that says something */
}

/* Each step changes one shard's site by a size that suits neither step nor page. */
static void peak_within_bound(void) {
    enum { SHARDS = 4 };
    static int64_t held[SHARDS][SITES];
    uint64_t random = 12345;
    CHECK(tracking_start(NULL) == 0);
    mt_region_own->threads = SHARDS;
    for (uint32_t i = 0; i < 400000; i++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
        unsigned shard = random >> 40 & (SHARDS - 1);
        uint32_t site = (random >> 50) % SITES;
        bool growing = i / 50000 % 2 == 0;
        int64_t bytes = (int64_t)((random >> 33) % 5000);
        if (!growing && held[shard][site] >= bytes)
            bytes = -bytes;
        else if (!growing)
            continue;
        held[shard][site] += bytes;
        operate(shard, site, bytes);
        if (i % 10007 == 0)
            peak_is_within_its_error();
    }
    peak_is_within_its_error();
    CHECK(mt_region_own->peak_epoch > 100);
}

static void the_high_water_mark_is_within_its_error(void **state) {
    (void)state;
    RUN_IN_CHILD(peak_within_bound);
}

static void peak_of_site(uint32_t site, int64_t wanted) {
    struct mt_site_sums sums;
    mt_region_sum_site(mt_region_own, BASE + site, &sums);
    CHECK(llabs(sums.peak_bytes - wanted) <= (int64_t)mt_region_own->peak_error_bytes);
}

/* Blocks of 64 KiB are larger than the step: each moves the mark at once. */
static void site_peaks(void) {
    const int64_t block = 64 << 10;
    CHECK(tracking_start(NULL) == 0);
    for (int i = 0; i < 100; i++)
        operate(0, (uint32_t)i % 2, block);
    uint32_t epoch = mt_region_own->peak_epoch;
    for (int i = 0; i < 50; i++)
        operate(1, 1, -block); /* freed by another thread */
    for (int i = 0; i < 20; i++)
        operate(0, 2, block);
    CHECK(mt_region_own->peak_epoch == epoch); /* lower than before: no new mark */
    CHECK(mt_region_own->peak_bytes == 100 * block);
    peak_of_site(0, 50 * block);
    peak_of_site(1, 50 * block);
    peak_of_site(2, 0);
    for (int i = 0; i < 60; i++)
        operate(0, 3, block);
    CHECK(mt_region_own->peak_epoch > epoch);
    CHECK(mt_region_own->peak_bytes == 130 * block);
    peak_of_site(0, 50 * block);
    peak_of_site(1, 0);
    peak_of_site(2, 20 * block);
    peak_of_site(3, 60 * block);
    for (uint32_t site = 0; site < 4; site++)
        CHECK(highest_of[site] >= 0);
}

static void sites_keep_what_they_held_at_the_mark(void **state) {
    (void)state;
    RUN_IN_CHILD(site_peaks);
}

static void counters_beyond_the_bound(void) {
    CHECK(tracking_region(TRACKING_LEAST, -1));
    CHECK(mt_counters_prepare(&mt_shards[0]));
    mt_shards[0].used = 1;
    for (uint32_t site = BASE; site < BASE + 100000; site++)
        mt_count_alloc(&mt_shards[0], false, site, 3);
    struct mt_site_sums kept, overflow;
    mt_region_sum_site(mt_region_own, BASE, &kept);
    mt_region_sum_site(mt_region_own, MT_PSEUDO_OVERFLOW, &overflow);
    CHECK(kept.allocs == 1 && kept.alloc_bytes == 3);
    uint64_t rest = 0;
    for (uint32_t site = BASE; site < BASE + 100000; site++) {
        mt_region_sum_site(mt_region_own, site, &kept);
        rest += kept.allocs;
    }
    CHECK(overflow.allocs > 0 && rest > 0 && rest + overflow.allocs == 100000);
    CHECK(overflow.alloc_bytes == 3 * overflow.allocs);
    CHECK(mt_region_own->overflow_nodes > 0);
}

static void what_has_no_counter_is_overflow(void **state) {
    (void)state;
    RUN_IN_CHILD(counters_beyond_the_bound);
}

static void *take_ids(void *argument) {
    uint64_t *id = (uint64_t *)argument;
    struct mt_thread *thread = mt_thread_start();
    for (uint32_t i = 0; i < OPERATIONS; i++)
        id[i] = mt_next_id(thread);
    return NULL;
}

static int by_value(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void unique_ids(void) {
    enum { THREADS = 4 };
    static uint64_t id[THREADS][OPERATIONS];
    pthread_t thread[THREADS];
    CHECK(tracking_start(NULL) == 0);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&thread[i], NULL, take_ids, id[i]) == 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    qsort(id, THREADS * OPERATIONS, sizeof id[0][0], by_value);
    const uint64_t *all = id[0];
    CHECK(all[0] > 0);
    for (size_t i = 1; i < THREADS * OPERATIONS; i++)
        CHECK(all[i - 1] < all[i]);
}

static void no_id_is_given_out_twice(void **state) {
    (void)state;
    RUN_IN_CHILD(unique_ids);
}

#if defined(__x86_64__)
/* IDs taken by a signal handler that comes in after each instruction of mt_next_id(). */
static struct mt_thread *taker;
static uint64_t taken[4096];
static volatile unsigned takes, traps, trap_wanted;

static void on_trap(int number) {
    (void)number;
    if (++traps == trap_wanted)
        for (int i = 0; i < 3; i++)
            taken[takes++] = mt_next_id(taker);
}

__attribute__((noinline)) static uint64_t take_stepped(void) {
    trap_flag_set();
    uint64_t id = mt_next_id(taker);
    trap_flag_clear();
    return id;
}

static void ids_under_interruption(void) {
    CHECK(tracking_start(NULL) == 0);
    taker = mt_thread_self;
    CHECK(signal(SIGTRAP, on_trap) != SIG_ERR);
    for (unsigned in_hand = 0; in_hand < 3; in_hand++)
        for (trap_wanted = 1; trap_wanted < 300; trap_wanted++) {
            taker->id_batch = 16;
            do
                (void)mt_next_id(taker);
            while (taker->id_end - taker->next_id != in_hand);
            traps = 0;
            taken[takes++] = take_stepped();
            CHECK(traps > 3);
            if (traps < trap_wanted)
                break;
        }
    CHECK(takes > 60);
    qsort(taken, takes, sizeof taken[0], by_value);
    for (unsigned i = 1; i < takes; i++)
        CHECK(taken[i - 1] < taken[i]);
}

static void no_id_is_given_out_twice_to_a_handler(void **state) {
    (void)state;
    RUN_IN_CHILD(ids_under_interruption);
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_with_shards_of_their_own_count_exactly),
        cmocka_unit_test(threads_that_share_shards_count_exactly),
        cmocka_unit_test(sizes_fall_into_bins_by_bit_width),
        cmocka_unit_test(the_high_water_mark_is_within_its_error),
        cmocka_unit_test(sites_keep_what_they_held_at_the_mark),
        cmocka_unit_test(what_has_no_counter_is_overflow),
        cmocka_unit_test(no_id_is_given_out_twice),
#if defined(__x86_64__)
        cmocka_unit_test(no_id_is_given_out_twice_to_a_handler),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
