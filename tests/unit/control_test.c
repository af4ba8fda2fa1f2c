/* Which signals are requests, whose are followed, and what becomes of one sent twice. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "export/control.h"
#include "tests/unit/tracking.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

static unsigned acts;
static uint8_t argument;
static const siginfo_t *meanwhile; /* comes while another request is followed */

static int act(const struct mt_control_ask *ask, struct mt_control *answer) {
    acts++;
    argument = ask->argument;
    atomic_store(&answer->blocks, 7);
    if (meanwhile)
        assert_true(mt_control_take(meanwhile));
    return -EBUSY;
}

static int start(void **state) {
    (void)state;
    mt_control_act *acting[MT_CONTROL_REQUESTS] = {[MT_CONTROL_SET_STACK] = act};
    if (!mt_region_own && tracking_start(state) != 0)
        return -1;
    mt_control_start(acting);
    memset(&mt_region_own->control, 0, sizeof mt_region_own->control);
    mt_region_own->pid = (uint32_t)getpid();
    acts = 0;
    meanwhile = NULL;
    return 0;
}

static siginfo_t signal_of(uint32_t ticket, enum mt_control_request request) {
    struct mt_control_ask ask = {ticket, (uint8_t)request, 3};
    siginfo_t info = {.si_signo = SIGUSR1, .si_code = SI_QUEUE};
    info.si_uid = getuid();
    info.si_value.sival_ptr = (void *)(uintptr_t)mt_control_pack(ask);
    return info;
}

static void a_request_is_followed_and_answered(void **state) {
    (void)state;
    siginfo_t info = signal_of(5, MT_CONTROL_SET_STACK);
    const struct mt_control *control = &mt_region_own->control;
    assert_true(mt_control_take(&info));
    assert_int_equal(acts, 1);
    assert_int_equal(argument, 3);
    assert_int_equal(control->taken, 5);
    assert_int_equal(control->answered, 5);
    assert_int_equal(control->result, -EBUSY);
    assert_int_equal(control->blocks, 7);
    assert_true(mt_control_take(&info)); /* sent again */
    assert_int_equal(acts, 1);
    info = signal_of(6, MT_CONTROL_SET_STACK);
    assert_true(mt_control_take(&info));
    assert_int_equal(acts, 2);
}

static void what_is_no_request_is_left_to_the_caller(void **state) {
    (void)state;
    siginfo_t info = signal_of(5, MT_CONTROL_SET_STACK);
    info.si_code = SI_USER; /* of a plain kill the value means nothing */
    assert_false(mt_control_take(&info));
    info = signal_of(0, MT_CONTROL_SET_STACK);
    assert_false(mt_control_take(&info));
    info = signal_of(5, MT_CONTROL_DUMP);
    assert_false(mt_control_take(&info));
    info.si_value.sival_ptr = (void *)(uintptr_t)0x500026d75;
    assert_false(mt_control_take(&info));
    info.si_value.sival_ptr = NULL;
    assert_false(mt_control_take(&info));
    assert_int_equal(acts, 0);
    assert_int_equal(mt_region_own->control.taken, 0);
}

static void other_users_are_not_answered(void **state) {
    (void)state;
    siginfo_t info = signal_of(5, MT_CONTROL_SET_STACK);
    info.si_uid = getuid() + 1;
    assert_true(mt_control_take(&info));
    assert_int_equal(acts, 0);
    assert_int_equal(mt_region_own->control.taken, 0);
    info.si_uid = 0;
    assert_true(mt_control_take(&info));
    assert_int_equal(acts, 1);
}

static void a_region_of_another_process_is_left_alone(void **state) {
    (void)state;
    siginfo_t info = signal_of(5, MT_CONTROL_SET_STACK);
    mt_region_own->pid++;
    assert_true(mt_control_take(&info));
    assert_int_equal(acts, 0);
    assert_int_equal(mt_region_own->control.answered, 0);
}

static void unknown_requests_are_answered_so(void **state) {
    (void)state;
    static const int unknown[] = {MT_CONTROL_NONE, MT_CONTROL_CHECK_HEAP,
                                  MT_CONTROL_REQUESTS, 255};
    for (unsigned i = 0; i < 4; i++) {
        siginfo_t info = signal_of(10 + i, (enum mt_control_request)unknown[i]);
        assert_true(mt_control_take(&info));
        assert_int_equal(mt_region_own->control.answered, 10 + i);
        assert_int_equal(mt_region_own->control.result, -ENOSYS);
    }
    assert_int_equal(acts, 0);
}

static void one_that_comes_meanwhile_is_lost(void **state) {
    (void)state;
    siginfo_t info = signal_of(5, MT_CONTROL_SET_STACK);
    siginfo_t other = signal_of(6, MT_CONTROL_SET_STACK);
    meanwhile = &other;
    assert_true(mt_control_take(&info));
    assert_int_equal(acts, 1);
    assert_int_equal(mt_region_own->control.answered, 5);
    meanwhile = NULL;
    assert_true(mt_control_take(&other));
    assert_int_equal(acts, 2);
    assert_int_equal(mt_region_own->control.answered, 6);
}

static void values_say_what_was_packed(void **state) {
    (void)state;
    struct mt_control_ask ask = {UINT32_MAX, 255, 254}, again;
    assert_true(mt_control_unpack(mt_control_pack(ask), &again));
    assert_memory_equal(&ask, &again, offsetof(struct mt_control_ask, argument) + 1);
    assert_false(mt_control_unpack(mt_control_pack(ask) ^ 1, &again));
}

#define TEST(name) cmocka_unit_test_setup(name, start)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_request_is_followed_and_answered),
        TEST(what_is_no_request_is_left_to_the_caller),
        TEST(other_users_are_not_answered),
        TEST(a_region_of_another_process_is_left_alone),
        TEST(unknown_requests_are_answered_so),
        TEST(one_that_comes_meanwhile_is_lost),
        TEST(values_say_what_was_packed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
