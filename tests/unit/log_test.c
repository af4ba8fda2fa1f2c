/* Messages: one line each, to a destination that nobody took the place of. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/log.h"
#include "tests/unit/child.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

static int file;
static char text[2048];

static int start(void **state) {
    (void)state;
    file = memfd_create("log", MFD_CLOEXEC);
    return file < 0;
}

static int end(void **state) {
    (void)state;
    mt_log_start("none", MT_LOG_WARNING);
    close(file);
    return 0;
}

static void to_file(enum mt_log_level level) {
    char destination[32];
    snprintf(destination, sizeof destination, "fd:%d", file);
    mt_log_start(destination, level);
}

static const char *logged(void) {
    memset(text, 0, sizeof text);
    assert_true(pread(file, text, sizeof text - 1, 0) >= 0);
    return text;
}

static void a_message_is_a_line_of_up_to_four_texts(void **state) {
    (void)state;
    to_file(MT_LOG_WARNING);
    errno = 77;
    mt_log(MT_LOG_WARNING, "a", "b", "c", "d");
    mt_log(MT_LOG_ERROR, "only", NULL, "not this", "nor this");
    assert_int_equal(errno, 77);
    assert_string_equal(logged(), "mtalloc: warning: abcd\nmtalloc: error: only\n");
}

static void less_important_ones_are_not_printed(void **state) {
    (void)state;
    to_file(MT_LOG_WARNING);
    mt_log(MT_LOG_INFO, "quiet", NULL, NULL, NULL);
    mt_log(MT_LOG_DEBUG, "quiet", NULL, NULL, NULL);
    assert_string_equal(logged(), "");
    to_file(MT_LOG_DEBUG);
    mt_log(MT_LOG_INFO, "i", NULL, NULL, NULL);
    mt_log(MT_LOG_DEBUG, "d", NULL, NULL, NULL);
    assert_string_equal(logged(), "mtalloc: info: i\nmtalloc: debug: d\n");
}

static void control_characters_do_not_reach_the_terminal(void **state) {
    (void)state;
    to_file(MT_LOG_WARNING);
    mt_log(MT_LOG_ERROR, "a\nmtalloc: forged\033[2J\x7f\xc3\xa9", NULL, NULL, NULL);
    assert_string_equal(logged(), "mtalloc: error: a?mtalloc: forged?[2J?\xc3\xa9\n");
}

static void a_long_message_is_cut_and_still_a_line(void **state) {
    (void)state;
    char large[1000];
    memset(large, 'x', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    to_file(MT_LOG_WARNING);
    mt_log(MT_LOG_ERROR, large, large, NULL, NULL);
    assert_int_equal(strlen(logged()), 512);
    assert_int_equal(text[511], '\n');
    assert_ptr_equal(strchr(text, '\n'), text + 511);
}

static void none_is_silent(void **state) {
    (void)state;
    mt_log_start("none", MT_LOG_DEBUG);
    assert_int_equal(mt_log_fd(), -1);
    mt_log(MT_LOG_ERROR, "lost", NULL, NULL, NULL);
}

static void a_file_in_the_place_of_the_log_is_not_written_to(void **state) {
    (void)state;
    int other = memfd_create("database", MFD_CLOEXEC), kept = dup(file);
    to_file(MT_LOG_WARNING);
    assert_int_equal(mt_log_fd(), file);
    assert_int_equal(dup2(other, file), file);
    assert_int_equal(mt_log_fd(), -1);
    mt_log(MT_LOG_ERROR, "into a database", NULL, NULL, NULL);
    assert_string_equal(logged(), "");
    assert_int_equal(dup2(kept, file), file); /* back again */
    assert_int_equal(mt_log_fd(), file);
    close(other);
    close(kept);
}

static void a_log_that_was_closed_at_start_stays_closed(void **state) {
    (void)state;
    int number = dup(file);
    char destination[32];
    snprintf(destination, sizeof destination, "fd:%d", number);
    close(number);
    mt_log_start(destination, MT_LOG_WARNING);
    assert_int_equal(dup(file), number);
    mt_log(MT_LOG_ERROR, "x", NULL, NULL, NULL);
    assert_string_equal(logged(), "");
    close(number);
}

static void standard_error(void) {
    CHECK(dup2(file, 2) == 2);
    mt_log_start("stderr", MT_LOG_WARNING);
    mt_log(MT_LOG_ERROR, "x", NULL, NULL, NULL);
}
static void stderr_is_descriptor_2(void **state) {
    (void)state;
    RUN_IN_CHILD(standard_error);
    assert_string_equal(logged(), "mtalloc: error: x\n");
}

static void broken_pipe(void) {
    int ends[2];
    char destination[32];
    signal(SIGPIPE, SIG_DFL);
    CHECK(pipe(ends) == 0);
    close(ends[0]);
    snprintf(destination, sizeof destination, "fd:%d", ends[1]);
    mt_log_start(destination, MT_LOG_WARNING);
    mt_log(MT_LOG_ERROR, "x", NULL, NULL, NULL);
}
static void a_broken_pipe_does_not_end_the_program(void **state) {
    (void)state;
    RUN_IN_CHILD(broken_pipe);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_message_is_a_line_of_up_to_four_texts),
        TEST(less_important_ones_are_not_printed),
        TEST(control_characters_do_not_reach_the_terminal),
        TEST(a_long_message_is_cut_and_still_a_line),
        TEST(none_is_silent),
        TEST(a_file_in_the_place_of_the_log_is_not_written_to),
        TEST(a_log_that_was_closed_at_start_stays_closed),
        TEST(stderr_is_descriptor_2),
        TEST(a_broken_pipe_does_not_end_the_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
