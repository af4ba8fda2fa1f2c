/* The high-water mark's stated error, where threads come late, come again, or are
 * interrupted. */
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

#define SITE    64u
#define LARGEST 63u /* the shard that holds most */
#define KIB     INT64_C(1024)
#define MIB     (1024 * KIB)

static int64_t live, highest;

static void operate(unsigned shard, int64_t bytes) {
    live += bytes;
    if (live > highest)
        highest = live;
    mt_shards[shard].used = 1;
    if (bytes >= 0)
        mt_count_alloc(&mt_shards[shard], false, SITE, (uint64_t)bytes);
    else
        mt_count_free(&mt_shards[shard], false, SITE, (uint64_t)-bytes, false);
}

static void repeat(unsigned shard, int64_t bytes, int64_t times) {
    for (int64_t i = 0; i < times; i++)
        operate(shard, bytes);
}

/* What a thread's start does. */
static void threads_are(uint32_t threads) {
    mt_region_own->threads = mt_region_own->threads_most = threads;
    mt_counters_note_error();
}

static void peak_is_within_its_error(void) {
    CHECK(llabs(mt_region_own->peak_bytes - highest) <=
          (int64_t)mt_region_own->peak_error_bytes);
}

/* The heap shrinks, threads start, and it grows again, not quite as high. Then what they
 * hold back makes the difference. */
static void late_threads(void) {
    enum { THREADS = 40 };
    CHECK(tracking_start(NULL) == 0);
    threads_are(2);
    repeat(LARGEST, MIB, 1024);
    repeat(LARGEST, -MIB, 1023);
    threads_are(THREADS);
    repeat(LARGEST, MIB, 1000);
    for (unsigned shard = 1; shard < THREADS; shard++)
        repeat(shard, 4 * KIB, 220);
    peak_is_within_its_error();
}

/* A thread ends when it has freed more than it allocated; the next one has its shard. */
static void shards_again(void) {
    enum { THREADS = 60 };
    CHECK(tracking_start(NULL) == 0);
    threads_are(THREADS);
    repeat(LARGEST, MIB, 2048);
    for (unsigned shard = 0; shard < THREADS; shard++) {
        operate(shard, 1);
        repeat(shard, -4 * KIB, 120);
        mt_counters_check(&mt_shards[shard]);
        mt_counters_flush(&mt_shards[shard]);
    }
    repeat(LARGEST, MIB, 100);
    for (unsigned shard = 0; shard < THREADS; shard++)
        repeat(shard, 4 * KIB, 360);
    peak_is_within_its_error();
}

#if defined(__x86_64__)
/* A handler that comes in after each instruction and counts many blocks, one at a time. */
static volatile unsigned traps, trap_wanted;

static void count_block(void) {
    mt_count_alloc(&mt_shards[0], true, SITE, (uint64_t)(64 * KIB));
    mt_count_free(&mt_shards[0], true, SITE, (uint64_t)(64 * KIB), false);
}

static void on_trap(int number) {
    (void)number;
    if (++traps == trap_wanted)
        for (int i = 0; i < 20; i++)
            count_block();
}

__attribute__((noinline)) static void count_stepped(void) {
    trap_flag_set();
    count_block();
    trap_flag_clear();
}

static void interrupted_counts(void) {
    CHECK(tracking_start(NULL) == 0);
    CHECK(signal(SIGTRAP, on_trap) != SIG_ERR);
    for (trap_wanted = 1; trap_wanted < 2000 && traps + 1 >= trap_wanted; trap_wanted++) {
        traps = 0;
        count_stepped();
        CHECK(mt_region_own->peak_bytes <=
              2 * 64 * KIB + (int64_t)mt_region_own->peak_error_bytes);
    }
    CHECK(trap_wanted > 100);
}

static void what_a_handler_counts_raises_no_false_mark(void **state) {
    (void)state;
    RUN_IN_CHILD(interrupted_counts);
}
#endif

static void threads_that_start_in_a_smaller_heap_are_in_the_error(void **state) {
    (void)state;
    RUN_IN_CHILD(late_threads);
}

static void a_shard_that_is_taken_over_holds_back_a_step_at_most(void **state) {
    (void)state;
    RUN_IN_CHILD(shards_again);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_that_start_in_a_smaller_heap_are_in_the_error),
        cmocka_unit_test(a_shard_that_is_taken_over_holds_back_a_step_at_most),
#if defined(__x86_64__)
        cmocka_unit_test(what_a_handler_counts_raises_no_false_mark),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
