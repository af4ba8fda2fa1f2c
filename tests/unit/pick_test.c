/* guard=N: one ID in N is picked, none is given out twice, by whom ever. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/trap.h"
#include "track/counters.h"
#include "track/pick.h"
#include <signal.h>
#include <string.h>

#define IDS 400000u

static struct mt_thread state;
static unsigned char given[4 * IDS]; /* how often each ID was */

static void begin(uint64_t mean) {
    memset(&state, 0, sizeof state);
    memset(given, 0, sizeof given);
    mt_pick_start(mean);
    mt_pick_start_thread(&state);
}

/* Deals batches as refills do, from `next` on. */
static uint64_t take(uint64_t *next, unsigned *picked) {
    uint64_t id;
    while (!mt_take_id(&state, &id)) {
        uint64_t pick = mt_pick_take(&state);
        if (pick) {
            ++*picked;
            return pick;
        }
        uint64_t count = 16 + *next % 100;
        uint64_t first = __atomic_fetch_add(next, count, __ATOMIC_RELAXED);
        mt_pick_deal(&state, first, first + count);
    }
    return id;
}

static void one_in_n_is_picked_and_none_twice(void **unused) {
    (void)unused;
    static const unsigned means[] = {1, 2, 7, 100, 1000, 100000};
    for (unsigned i = 0; i < sizeof means / sizeof *means; i++) {
        unsigned picked = 0, expected = IDS / means[i];
        uint64_t next = 1;
        begin(means[i]);
        for (unsigned id = 1; id <= IDS; id++)
            assert_int_equal(take(&next, &picked), id); /* in order, without a gap */
        /* Six standard deviations of a binomial distribution, squared. */
        double off = (double)picked - expected;
        assert_true(off * off <= 36.0 * expected || means[i] == 1);
        if (means[i] == 1)
            assert_int_equal(picked, IDS);
    }
}

static void without_guard_none_is_picked(void **unused) {
    (void)unused;
    unsigned picked = 0;
    uint64_t next = 1;
    begin(0);
    for (unsigned i = 0; i < IDS; i++)
        take(&next, &picked);
    assert_int_equal(picked, 0);
}

static void two_threads_and_two_runs_pick_others(void **unused) {
    (void)unused;
    uint64_t left[3];
    begin(1000000);
    left[0] = state.pick_left;
    state.serial = 2;
    mt_pick_start_thread(&state);
    left[1] = state.pick_left;
    begin(1000000);
    left[2] = state.pick_left;
    assert_true(left[0] != left[1] && left[0] != left[2]);
}

static void the_next_one_is_known_to_be_picked(void **unused) {
    (void)unused;
    uint64_t next = 1;
    begin(20);
    for (unsigned i = 0; i < IDS; i++) {
        unsigned picked = 0;
        bool said = mt_pick_next(&state);
        uint64_t id = take(&next, &picked);
        /* But of one that begins a batch. */
        assert_true(picked ? mt_pick_was(&state, id) : !said && !mt_pick_was(&state, id));
    }
}

static void a_forked_child_picks_others_and_loses_none(void **unused) {
    (void)unused;
    static struct mt_shard shard;
    unsigned picked = 0;
    uint64_t next = 1;
    begin(1000000);
    uint64_t left = state.pick_left;
    state.shard = &shard;
    mt_pick_after_fork(&state);
    assert_true(state.pick_left != left);
    begin(20);
    state.shard = &shard;
    for (unsigned id = 1; id <= IDS; id++) {
        if (id % 3 == 0)
            mt_pick_after_fork(&state);
        assert_int_equal(take(&next, &picked), id);
    }
    double off = (double)picked - IDS / 20;
    assert_true(off * off <= 36.0 * (IDS / 20));
}

#if defined(__x86_64__)
static uint64_t next_id;
static unsigned picks, handled;

static void take_one(void) {
    uint64_t id = take(&next_id, &picks);
    if (id < sizeof given)
        __atomic_fetch_add(&given[id], 1, __ATOMIC_RELAXED);
}

/* At every fifth instruction, so that all of them have their turn: some IDs are lost. */
static void on_trap(int number) {
    (void)number;
    if (++handled % 5 == 0)
        take_one();
}

static void a_handler_in_between_is_given_none_twice(void **unused) {
    (void)unused;
    struct sigaction action = {.sa_handler = on_trap};
    unsigned all = 0;
    begin(3);
    next_id = 1;
    sigaction(SIGTRAP, &action, NULL);
    for (unsigned i = 0; i < 2000; i++) {
        trap_flag_set();
        take_one();
        trap_flag_clear();
    }
    for (size_t id = 0; id < sizeof given; id++) {
        assert_true(given[id] <= 1);
        all += given[id];
    }
    assert_false(given[0]);
    assert_true(handled > 10000 && all > 4000 && picks > all / 10);
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_in_n_is_picked_and_none_twice),
        cmocka_unit_test(without_guard_none_is_picked),
        cmocka_unit_test(two_threads_and_two_runs_pick_others),
        cmocka_unit_test(the_next_one_is_known_to_be_picked),
        cmocka_unit_test(a_forked_child_picks_others_and_loses_none),
#if defined(__x86_64__)
        cmocka_unit_test(a_handler_in_between_is_given_none_twice),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
