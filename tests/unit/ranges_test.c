/* Ranges of memory that are not the program's: added, cut, joined, too many. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/pages.h"
#include "base/ranges.h"
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE (uintptr_t) MT_PAGE_BYTES

static struct mt_range range[MT_RANGES_MOST];

static void *at(uintptr_t page) {
    return (void *)(page * PAGE);
}

/* "kind:from-to " in pages, of what lies below 2^20 of them. */
static const char *ranges(void) {
    static char text[512];
    size_t count = mt_ranges_copy(range), length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        if (range[i].from < PAGE << 20)
            length += (size_t)snprintf(
                text + length, sizeof text - length, "%d:%lu-%lu ", (int)range[i].kind,
                (unsigned long)(range[i].from / PAGE), (unsigned long)(range[i].to / PAGE));
    return text;
}

static void forget(void **state) {
    (void)state;
    mt_ranges_remove(at(0), PAGE << 20);
    assert_string_equal(ranges(), "");
}

static void what_is_adjacent_is_joined_in_order(void **state) {
    forget(state);
    mt_ranges_add(MT_RANGE_HEAP, at(30), 10 * PAGE);
    mt_ranges_add(MT_RANGE_OWN, at(5), 1);
    mt_ranges_add(MT_RANGE_HEAP, at(10), 20 * PAGE);
    mt_ranges_add(MT_RANGE_OWN, at(40), 2 * PAGE);
    assert_string_equal(ranges(), "1:5-6 2:10-40 1:40-42 ");
}

static void any_part_can_be_removed(void **state) {
    forget(state);
    mt_ranges_add(MT_RANGE_HEAP, at(100), 100 * PAGE);
    mt_ranges_remove(at(90), 20 * PAGE);
    mt_ranges_remove(at(190), 100 * PAGE);
    assert_string_equal(ranges(), "2:110-190 ");
    mt_ranges_remove(at(120), 10 * PAGE);
    assert_string_equal(ranges(), "2:110-120 2:130-190 ");
    mt_ranges_add(MT_RANGE_OWN, at(120), 10 * PAGE);
    mt_ranges_remove(at(115), 20 * PAGE);
    assert_string_equal(ranges(), "2:110-115 2:135-190 ");
    mt_ranges_remove(at(110), 5 * PAGE);
    mt_ranges_remove(at(0), 110 * PAGE);
    assert_string_equal(ranges(), "2:135-190 ");
}

static void a_range_may_be_larger_than_a_word_can_say(void **state) {
    forget(state);
    uintptr_t far = (uintptr_t)1 << 46;
    mt_ranges_add(MT_RANGE_HEAP, (void *)far, (size_t)1 << 41);
    size_t count = mt_ranges_copy(range);
    assert_int_equal(range[count - 1].from, far);
    assert_int_equal(range[count - 1].to, far + ((uintptr_t)1 << 41));
    mt_ranges_remove((void *)far, (size_t)1 << 41);
    assert_true(mt_ranges_copy(range) < count);
}

static void what_the_library_maps_is_its_own(void **state) {
    (void)state;
    void *memory = mt_pages_map(3 * PAGE);
    size_t found = 0, count = mt_ranges_copy(range);
    for (size_t i = 0; i < count; i++)
        found += range[i].kind == MT_RANGE_OWN && range[i].from <= (uintptr_t)memory &&
                 range[i].to >= (uintptr_t)memory + 3 * PAGE;
    assert_int_equal(found, 1);
    mt_pages_unmap(memory, 3 * PAGE);
    count = mt_ranges_copy(range);
    for (size_t i = 0; i < count; i++)
        assert_false(range[i].from <= (uintptr_t)memory && range[i].to > (uintptr_t)memory);
}

/* Each thread has its own hundred pages. */
static void *add_and_remove(void *argument) {
    uintptr_t first = 1000 + 100 * (uintptr_t)argument;
    for (int i = 0; i < 20000; i++) {
        mt_ranges_add(MT_RANGE_HEAP, at(first), 100 * PAGE);
        mt_ranges_remove(at(first + 10), 10 * PAGE);
        mt_ranges_remove(at(first), 100 * PAGE);
    }
    mt_ranges_add(MT_RANGE_HEAP, at(first), 50 * PAGE);
    return NULL;
}

static void threads_do_not_disturb_each_other(void **state) {
    pthread_t thread[3];
    forget(state);
    for (uintptr_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, add_and_remove, (void *)i), 0);
    for (int i = 0; i < 3; i++)
        pthread_join(thread[i], NULL);
    assert_string_equal(ranges(), "2:1000-1050 2:1100-1150 2:1200-1250 ");
    assert_true(mt_ranges_complete());
}

static _Atomic int begun, done;
enum { ROUNDS = 30000, PAGES = 16 };

/* Both threads have to be at it in the same microsecond. */
static void wait_for(_Atomic int *word, int value) {
    for (int tries = 1; *word < value; tries++)
        if (tries % 10000 == 0)
            sched_yield();
}

static void remove_every_fourth(uintptr_t first) {
    for (uintptr_t page = first; page < PAGES; page += 4)
        mt_ranges_remove(at(5000 + page), PAGE);
}

static void *remove_some(void *unused) {
    for (int i = 1; i <= ROUNDS; i++) {
        wait_for(&begun, i);
        remove_every_fourth(1);
        done = i;
    }
    return unused;
}

/* Where one cannot tell what it left, it says so: no more can be asked then. */
static int removed_at_once(void) {
    pthread_t thread;
    int wrong = pthread_create(&thread, NULL, remove_some, NULL);
    for (int i = 1; i <= ROUNDS; i++) {
        mt_ranges_add(MT_RANGE_HEAP, at(5000), PAGES * PAGE);
        begun = i;
        remove_every_fourth(3);
        wait_for(&done, i);
        if (!mt_ranges_complete())
            break;
        wrong += strcmp(ranges(), "2:5000-5001 2:5002-5003 2:5004-5005 2:5006-5007 "
                                  "2:5008-5009 2:5010-5011 2:5012-5013 2:5014-5015 ") != 0;
        mt_ranges_remove(at(5000), PAGES * PAGE);
    }
    return wrong;
}

static void parts_of_one_can_be_removed_at_once(void **state) {
    int status = 1;
    forget(state);
    pid_t child = fork();
    if (child == 0)
        _exit(removed_at_once() != 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* Last: it stays said. */
static void what_does_not_fit_of_the_heap_is_said(void **state) {
    forget(state);
    for (uintptr_t i = 0; i <= MT_RANGES_MOST; i++)
        mt_ranges_add(MT_RANGE_OWN, at(2 * i), PAGE);
    assert_true(mt_ranges_complete());
    assert_int_equal(mt_ranges_copy(range), MT_RANGES_MOST);
    mt_ranges_add(MT_RANGE_HEAP, at(3), PAGE);
    assert_false(mt_ranges_complete());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_adjacent_is_joined_in_order),
        cmocka_unit_test(any_part_can_be_removed),
        cmocka_unit_test(a_range_may_be_larger_than_a_word_can_say),
        cmocka_unit_test(what_the_library_maps_is_its_own),
        cmocka_unit_test(threads_do_not_disturb_each_other),
        cmocka_unit_test(parts_of_one_can_be_removed_at_once),
        cmocka_unit_test(what_does_not_fit_of_the_heap_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
