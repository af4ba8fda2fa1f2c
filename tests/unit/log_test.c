/* Messages: one line each, to a destination that nobody took the place of. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/log.h"
#include "base/log_callback.h"
#include "tests/unit/child.h"
#include "tests/unit/temporary.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

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

static void a_message_is_a_line_of_keys_and_values(void **state) {
    (void)state;
    to_file(MT_LOG_WARNING);
    errno = 77;
    mt_log(MT_SAY_OPTION_IGNORED, "frames", "8..512", NULL);
    mt_log(MT_SAY_OPTION_IGNORED, "signal", NULL, "no third key");
    mt_log(MT_SAY_SUMMARY_NOT_WRITTEN, "no space left", "no second key", NULL);
    mt_log_number(MT_SAY_CHECK_CUT_SHORT, 18446744073709551615u, "x");
    assert_int_equal(errno, 77);
    assert_string_equal(logged(),
                        "mtalloc: warning: option-ignored option=frames allowed=8..512\n"
                        "mtalloc: warning: option-ignored option=signal\n"
                        "mtalloc: error: summary-not-written reason=\"no space left\"\n"
                        "mtalloc: warning: check-cut-short after_mib=18446744073709551615 "
                        "option=x\n");
}

static void less_important_ones_are_not_printed(void **state) {
    (void)state;
    to_file(MT_LOG_WARNING);
    mt_log(MT_SAY_SUMMARY_WRITTEN, "quiet", NULL, NULL);
    assert_string_equal(logged(), "");
    to_file(MT_LOG_DEBUG);
    mt_log(MT_SAY_SUMMARY_WRITTEN, "f", NULL, NULL);
    assert_string_equal(logged(), "mtalloc: info: summary-written file=f\n");
}

static void a_value_cannot_end_its_quotes_nor_reach_the_terminal(void **state) {
    (void)state;
    to_file(MT_LOG_WARNING);
    mt_log(MT_SAY_OPTION_IGNORED, "a\nmtalloc: \"x\" y=\033[2J\x7f\xc3\xa9", "", NULL);
    mt_log(MT_SAY_OPTION_IGNORED, "a=b", "\"", NULL);
    assert_string_equal(logged(),
                        "mtalloc: warning: option-ignored option=\"a?mtalloc: ?x? "
                        "y=?[2J?\xc3\xa9\" allowed=\"\"\n"
                        "mtalloc: warning: option-ignored option=\"a=b\" allowed=\"?\"\n");
}

static void a_long_message_is_cut_and_still_a_line(void **state) {
    (void)state;
    char large[1000];
    memset(large, 'x', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    to_file(MT_LOG_WARNING);
    mt_log(MT_SAY_OPTION_IGNORED, large, large, NULL);
    assert_int_equal(strlen(logged()), 512);
    assert_int_equal(text[511], '\n');
    assert_ptr_equal(strchr(text, '\n'), text + 511);
}

static struct {
    int levels;
    void *context;
    char lines[2048];
} received;

static void receive(int level, const char *line, void *context) {
    received.levels = received.levels * 10 + level;
    received.context = context;
    strcat(strcat(received.lines, line), "|");
    /* Comes back here for ever, if that is not noticed. */
    mt_log(MT_SAY_SUMMARY_NOT_WRITTEN, "said by the callback", NULL, NULL);
}

static void a_callback_takes_the_destinations_place(void **state) {
    (void)state;
    static char buffer[16];
    struct mt_out out;
    memset(&received, 0, sizeof received);
    to_file(MT_LOG_INFO);
    mt_log_set_callback(receive, buffer);
    mt_log(MT_SAY_OPTION_IGNORED, "frames", NULL, NULL);
    mt_log(MT_SAY_SUMMARY_WRITTEN, "f", NULL, NULL);
    assert_int_equal(received.levels, 12);
    assert_ptr_equal(received.context, buffer);
    assert_true(mt_log_lines(&out, MT_LOG_ERROR, buffer, sizeof buffer));
    mt_out_text(&out, "a line longer than the buffer\n  and");
    mt_out_text(&out, " another\n");
    mt_out_flush(&out);
    assert_int_equal(received.levels, 1200);
    assert_string_equal(received.lines, "mtalloc: warning: option-ignored option=frames|"
                                        "mtalloc: info: summary-written file=f|"
                                        "a line longer than the buffer|  and another|");
    mt_log_start("none", MT_LOG_ERROR);
    mt_log(MT_SAY_OPTION_IGNORED, "frames", NULL, NULL);
    assert_false(mt_log_lines(&out, MT_LOG_WARNING, buffer, sizeof buffer));
    mt_log(MT_SAY_SUMMARY_NOT_WRITTEN, "x", NULL, NULL);
    assert_int_equal(received.levels, 12000);
    assert_string_equal(logged(), "");
    to_file(MT_LOG_INFO);
    mt_log_set_callback(NULL, NULL);
    mt_log(MT_SAY_SUMMARY_WRITTEN, "f", NULL, NULL);
    assert_int_equal(received.levels, 12000);
    assert_string_equal(logged(), "mtalloc: info: summary-written file=f\n");
}

static void none_is_silent(void **state) {
    (void)state;
    mt_log_start("none", MT_LOG_DEBUG);
    assert_int_equal(mt_log_fd(), -1);
    mt_log(MT_SAY_SUMMARY_NOT_WRITTEN, "lost", NULL, NULL);
}

static void a_file_in_the_place_of_the_log_is_not_written_to(void **state) {
    (void)state;
    int other = memfd_create("database", MFD_CLOEXEC), kept = dup(file);
    to_file(MT_LOG_WARNING);
    assert_int_equal(mt_log_fd(), file);
    assert_int_equal(dup2(other, file), file);
    assert_int_equal(mt_log_fd(), -1);
    mt_log(MT_SAY_SUMMARY_NOT_WRITTEN, "into a database", NULL, NULL);
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
    mt_log(MT_SAY_SUMMARY_NOT_WRITTEN, "x", NULL, NULL);
    assert_string_equal(logged(), "");
    close(number);
}

static void standard_error(void) {
    CHECK(dup2(file, 2) == 2);
    mt_log_start("stderr", MT_LOG_WARNING);
    mt_log(MT_SAY_SUMMARY_NOT_WRITTEN, "x", NULL, NULL);
}
static void stderr_is_descriptor_2(void **state) {
    (void)state;
    RUN_IN_CHILD(standard_error);
    assert_string_equal(logged(), "mtalloc: error: summary-not-written reason=x\n");
}

static void broken_pipe(void) {
    int ends[2];
    char destination[32];
    signal(SIGPIPE, SIG_DFL);
    CHECK(pipe(ends) == 0);
    close(ends[0]);
    snprintf(destination, sizeof destination, "fd:%d", ends[1]);
    mt_log_start(destination, MT_LOG_WARNING);
    mt_log(MT_SAY_SUMMARY_NOT_WRITTEN, "x", NULL, NULL);
}
static void a_broken_pipe_does_not_end_the_program(void **state) {
    (void)state;
    RUN_IN_CHILD(broken_pipe);
}

static void a_flood_is_cut_and_counted(void **state) {
    (void)state;
    static char all[1 << 20];
    enum { MANY = 10000 };
    unsigned long printed = 0, missing = 0;
    struct timespec second = {1, 100000000};
    to_file(MT_LOG_WARNING);
    nanosleep(&second, NULL);
    for (int i = 0; i < MANY; i++)
        mt_log(MT_SAY_SUMMARY_NOT_WRITTEN, "again", NULL, NULL);
    nanosleep(&second, NULL);
    mt_log(MT_SAY_SUMMARY_NOT_WRITTEN, "again", NULL, NULL);
    assert_true(pread(file, all, sizeof all - 1, 0) > 0);
    for (char *line = strtok(all, "\n"); line; line = strtok(NULL, "\n")) {
        unsigned long number;
        if (sscanf(line, "mtalloc: warning: messages-left-out count=%lu", &number) == 1)
            missing += number;
        else
            printed +=
                strcmp(line, "mtalloc: error: summary-not-written reason=again") == 0;
    }
    assert_true(printed > MT_LOG_MOST && printed < MANY);
    assert_int_equal(printed + missing, MANY + 1);
}

static char path[512];

static void to_path(void) {
    char destination[600];
    CHECK(dup2(file, 2) == 2);
    snprintf(destination, sizeof destination, "file:%s", path);
    mt_log_start(destination, MT_LOG_WARNING);
    mt_log(MT_SAY_SUMMARY_NOT_WRITTEN, "x", NULL, NULL);
    CHECK(mt_log_fd() >= 50 || mt_log_fd() == 2);
    CHECK(mt_log_fd() == 2 || (fcntl(mt_log_fd(), F_GETFD) & FD_CLOEXEC));
}

static void has_lines(const char *name, unsigned lines) {
    char held[512] = "";
    int fd = open(name, O_RDONLY);
    assert_true(fd >= 0 && read(fd, held, sizeof held - 1) >= 0);
    close(fd);
    assert_int_equal(strlen(held),
                     lines * strlen("mtalloc: error: summary-not-written reason=x\n"));
}

static void a_named_file_is_appended_to_if_it_is_safe(void **state) {
    (void)state;
    const char *root = temporary_make();
    char link_name[600];
    struct stat status;
    assert_non_null(root);
    snprintf(path, sizeof path, "%s/log", root);
    snprintf(link_name, sizeof link_name, "%s/link", root);
    umask(0);
    RUN_IN_CHILD(to_path);
    RUN_IN_CHILD(to_path);
    has_lines(path, 2);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_string_equal(logged(), ""); /* on stderr */

    assert_int_equal(chmod(path, 0620), 0);
    RUN_IN_CHILD(to_path);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(link(path, link_name), 0);
    RUN_IN_CHILD(to_path);
    assert_int_equal(unlink(link_name), 0);
    has_lines(path, 2);
    assert_int_equal(rename(path, link_name), 0);
    assert_int_equal(symlink(link_name, path), 0);
    RUN_IN_CHILD(to_path);
    has_lines(link_name, 2);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    RUN_IN_CHILD(to_path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    RUN_IN_CHILD(to_path);
    assert_int_equal(rmdir(path), 0);
    static const char message[] =
        "mtalloc: warning: log-unusable reason=\"the file cannot be opened, or is unsafe\" "
        "instead=stderr\nmtalloc: error: summary-not-written reason=x\n";
    assert_int_equal(strlen(logged()), 5 * (sizeof message - 1));
    assert_memory_equal(text, message, sizeof message - 1);
    temporary_remove(root);
}

static void the_systems_log(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
    char got[256] = "", wanted[256];
    int system = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (unshare(geteuid() ? CLONE_NEWUSER | CLONE_NEWNS : CLONE_NEWNS) != 0 ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", "/dev", "tmpfs", 0, NULL) != 0)
        _exit(CHILD_SKIPS);
    CHECK(dup2(file, 2) == 2);
    mt_log_start("syslog", MT_LOG_INFO);
    CHECK(strstr(logged(),
                 "log-unusable reason=\"no syslog can be reached\" instead=stderr\n"));
    CHECK(bind(system, (struct sockaddr *)&address, sizeof address) == 0);
    mt_log_start("syslog", MT_LOG_INFO);
    mt_log(MT_SAY_SUMMARY_WRITTEN, "x", NULL, NULL);
    snprintf(wanted, sizeof wanted, "<14>mtalloc[%d]: info: summary-written file=x\n",
             getpid());
    CHECK(recv(system, got, sizeof got - 1, MSG_DONTWAIT) > 0);
    CHECK(strcmp(got, wanted) == 0);
    close(system);
    mt_log(MT_SAY_SUMMARY_NOT_WRITTEN, "nobody listens", NULL, NULL);
}
static void syslog_gets_a_datagram_a_message(void **state) {
    (void)state;
    RUN_IN_CHILD(the_systems_log);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_message_is_a_line_of_keys_and_values),
        TEST(less_important_ones_are_not_printed),
        TEST(a_value_cannot_end_its_quotes_nor_reach_the_terminal),
        TEST(a_long_message_is_cut_and_still_a_line),
        TEST(a_callback_takes_the_destinations_place),
        TEST(none_is_silent),
        TEST(a_file_in_the_place_of_the_log_is_not_written_to),
        TEST(a_log_that_was_closed_at_start_stays_closed),
        TEST(stderr_is_descriptor_2),
        TEST(a_broken_pipe_does_not_end_the_program),
        TEST(a_flood_is_cut_and_counted),
        TEST(a_named_file_is_appended_to_if_it_is_safe),
        TEST(syslog_gets_a_datagram_a_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
