/* Asking for summaries: quotas, one at a time, signals, small stacks, full disks. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/log.h"
#include "base/options.h"
#include "export/dump.h"
#include "tests/unit/child.h"
#include "tests/unit/region_fixture.h"
#include "tests/unit/temporary.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#if defined(__has_feature)
#    if __has_feature(address_sanitizer)
#        define __SANITIZE_ADDRESS__
#    endif
#endif

static const char *dir;
static struct mt_region *region;
static int refreshed;

static void refresh(void) {
    refreshed++;
}

static void start_with(const char *text) {
    struct mt_options options;
    char with_dir[512];
    mt_options_default(&options);
    snprintf(with_dir, sizeof with_dir, "dir=%s,%s", dir, text);
    CHECK(mt_options_parse(&options, with_dir, NULL, NULL) == 0);
    mt_options_seal(&options);
    mt_log_start("none", MT_LOG_ERROR);
    region = fixture_region();
    mt_export_start(&(struct mt_export_setup){.region = region, .refresh = refresh});
}

static int make_dir(void **state) {
    (void)state;
    dir = temporary_make();
    return dir ? 0 : 1;
}

static int remove_dir(void **state) {
    (void)state;
    temporary_remove(dir);
    return 0;
}

static void check_whole(const char *name) {
    char path[512], text[8192];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    int file = open(path, O_RDONLY);
    CHECK(file >= 0);
    ssize_t length = read(file, text, sizeof text - 1);
    CHECK(length > 0);
    text[length] = '\0';
    CHECK(strstr(text, "{\"type\":\"end\","));
    close(file);
}

static void one(void) {
    char name[256];
    start_with("");
    errno = 77;
    CHECK(mt_dump(MT_REASON_API) == 0);
    CHECK(errno == 77);
    CHECK(temporary_entries(dir, name) == 1);
    CHECK(strncmp(name, "demo.", 5) == 0 && strstr(name, ".1.api."));
    check_whole(name);
    CHECK(region->dumps == 1 && region->signals_failed == 0 &&
          region->dumps_suppressed == 0);
}
static void a_dump_is_one_whole_file(void **state) {
    (void)state;
    RUN_IN_CHILD(one);
}

static void before_start(void) {
    errno = 77;
    CHECK(mt_dump(MT_REASON_API) == -ENOTSUP);
    CHECK(mt_dump_fd(1, MT_REASON_API) == -ENOTSUP);
    CHECK(errno == 77);
}
static void before_start_there_are_none(void **state) {
    (void)state;
    RUN_IN_CHILD(before_start);
}

static void descriptor(void) {
    char text[8192] = {0};
    int ends[2];
    start_with("");
    CHECK(pipe(ends) == 0);
    CHECK(mt_dump_fd(ends[1], MT_REASON_API) == 0);
    CHECK(read(ends[0], text, sizeof text - 1) > 0);
    CHECK(strstr(text, "{\"type\":\"end\","));
    CHECK(fcntl(ends[1], F_GETFD) >= 0);
    CHECK(mt_dump_fd(-1, MT_REASON_API) == -EBADF);
    CHECK(temporary_entries(dir, NULL) == 0);
}
static void a_descriptor_takes_one_and_stays_open(void **state) {
    (void)state;
    RUN_IN_CHILD(descriptor);
}

static void broken_pipe(void) {
    int ends[2];
    sigset_t pending;
    signal(SIGPIPE, SIG_DFL);
    start_with("");
    CHECK(pipe(ends) == 0);
    close(ends[0]);
    CHECK(mt_dump_fd(ends[1], MT_REASON_API) == -EPIPE);
    CHECK(sigpending(&pending) == 0 && !sigismember(&pending, SIGPIPE));
    CHECK(region->signals_failed == 1 && region->dumps == 0);
    /* One that was pending before is the program's. */
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    sigprocmask(SIG_BLOCK, &set, NULL);
    raise(SIGPIPE);
    CHECK(mt_dump_fd(ends[1], MT_REASON_API) == -EPIPE);
    CHECK(sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE));
}
static void a_broken_pipe_does_not_end_the_program(void **state) {
    (void)state;
    RUN_IN_CHILD(broken_pipe);
}

static void number(void) {
    start_with("max_dumps=2");
    CHECK(mt_dump(MT_REASON_API) == 0);
    CHECK(mt_dump(MT_REASON_EXIT) == 0);
    CHECK(mt_dump(MT_REASON_API) == -EAGAIN);
    CHECK(mt_dump_fd(1, MT_REASON_API) == -EAGAIN);
    CHECK(temporary_entries(dir, NULL) == 2);
    CHECK(region->dumps == 2 && region->dumps_suppressed == 2);
}
static void the_number_is_bounded(void **state) {
    (void)state;
    RUN_IN_CHILD(number);
}

static void none_allowed(void) {
    start_with("max_dumps=0");
    CHECK(mt_dump(MT_REASON_API) == -EAGAIN);
    CHECK(temporary_entries(dir, NULL) == 0);
}
static void the_number_may_be_0(void **state) {
    (void)state;
    RUN_IN_CHILD(none_allowed);
}

static void rate(void) {
    start_with("min_dump_interval=3600000");
    CHECK(mt_dump(MT_REASON_SIGNAL) == 0);
    CHECK(mt_dump(MT_REASON_SIGNAL) == -EAGAIN);
    CHECK(mt_dump(MT_REASON_API) == 0);
    CHECK(region->dumps_suppressed == 1);
}
static void the_interval_binds_signals_only(void **state) {
    (void)state;
    RUN_IN_CHILD(rate);
}

static void no_interval(void) {
    start_with("min_dump_interval=0");
    for (int i = 0; i < 5; i++)
        CHECK(mt_dump(MT_REASON_SIGNAL) == 0);
}
static void the_interval_may_be_0(void **state) {
    (void)state;
    RUN_IN_CHILD(no_interval);
}

static void exit_refreshes(void) {
    start_with("min_dump_interval=0");
    CHECK(mt_dump(MT_REASON_API) == 0 && mt_dump(MT_REASON_SIGNAL) == 0);
    CHECK(refreshed == 0);
    CHECK(mt_dump(MT_REASON_EXIT) == 0);
    CHECK(refreshed == 1);
}
static void figures_are_refreshed_at_exit_only(void **state) {
    (void)state;
    RUN_IN_CHILD(exit_refreshes);
}

static int blocked_ends[2];

static void *dump_into_full_pipe(void *unused) {
    (void)unused;
    return (void *)(intptr_t)mt_dump_fd(blocked_ends[1], MT_REASON_API);
}

/* A dump that hangs in write() while another is asked for, and a child is forked. */
static void at_once(void) {
    pthread_t thread;
    void *result;
    char text[65536];
    int status;
    start_with("");
    fixture_frames(region, 1000);
    CHECK(pipe(blocked_ends) == 0);
    CHECK(fcntl(blocked_ends[1], F_SETPIPE_SZ, 4096) == 4096);
    CHECK(pthread_create(&thread, NULL, dump_into_full_pipe, NULL) == 0);
    struct pollfd readable = {blocked_ends[0], POLLIN, 0};
    CHECK(poll(&readable, 1, -1) == 1);
    CHECK(mt_dump(MT_REASON_API) == -EAGAIN);
    CHECK(region->dumps_suppressed == 1);
    pid_t child = fork();
    if (child == 0) {
        CHECK(mt_dump(MT_REASON_API) == 0); /* also where no fork handler ran */
        mt_export_after_fork_child(region);
        CHECK(region->pid == (uint32_t)getpid());
        CHECK(region->dumps_suppressed == 0);
        CHECK(mt_dump(MT_REASON_API) == 0);
        CHECK(region->dumps == 1);
        _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    while (poll(&readable, 1, 100) == 1 && read(blocked_ends[0], text, sizeof text) > 0)
        ;
    CHECK(pthread_join(thread, &result) == 0 && (intptr_t)result == 0);
    CHECK(mt_dump(MT_REASON_API) == 0);
}
static void one_at_a_time_and_a_forked_child_starts_afresh(void **state) {
    (void)state;
    RUN_IN_CHILD(at_once);
}

static void by_signal(void) {
    char name[256];
    start_with("");
    errno = 77;
    raise(SIGUSR1);
    CHECK(errno == 77);
    CHECK(temporary_entries(dir, name) == 1);
    CHECK(strstr(name, ".signal."));
    raise(SIGUSR1); /* at once again: too soon */
    CHECK(temporary_entries(dir, NULL) == 1 && region->dumps_suppressed == 1);
}
static void usr1_asks_for_one(void **state) {
    (void)state;
    RUN_IN_CHILD(by_signal);
}

static void another_signal(void) {
    struct sigaction action;
    start_with("signal=USR2");
    CHECK(sigaction(SIGUSR1, NULL, &action) == 0 && action.sa_handler == SIG_DFL);
    raise(SIGUSR2);
    CHECK(temporary_entries(dir, NULL) == 1);
    CHECK(sigaction(SIGUSR2, NULL, &action) == 0);
    CHECK(action.sa_flags & SA_RESTART && action.sa_flags & SA_ONSTACK);
    CHECK(sigismember(&action.sa_mask, SIGUSR1) && sigismember(&action.sa_mask, SIGCHLD));
}
static void option_signal_chooses_another(void **state) {
    (void)state;
    RUN_IN_CHILD(another_signal);
}

static void no_signal(void) {
    struct sigaction action;
    start_with("signal=none");
    CHECK(sigaction(SIGUSR1, NULL, &action) == 0 && action.sa_handler == SIG_DFL);
}
static void option_signal_may_be_none(void **state) {
    (void)state;
    RUN_IN_CHILD(no_signal);
}

static void keep_signal(void) {
    struct sigaction action;
    signal(SIGUSR1, SIG_IGN);
    start_with("");
    CHECK(sigaction(SIGUSR1, NULL, &action) == 0 && action.sa_handler == SIG_IGN);
}
static void a_disposition_that_is_set_is_kept(void **state) {
    (void)state;
    RUN_IN_CHILD(keep_signal);
}

/* As small an alternate stack as the kernel lets a program have, with a page that must not
 * be touched below it. */
static void small_stack(void) {
#if defined(__SANITIZE_ADDRESS__) || defined(MT_THREAD_SANITIZER)
    fprintf(stderr, "skipped: a sanitizer's frames are larger\n");
    _exit(CHILD_SKIPS);
#endif
    size_t least = getauxval(AT_MINSIGSTKSZ), page = 4096;
    if (!least)
        least = 2048;
    size_t bytes = least + 1024;
    char *memory = mmap(NULL, page + 65536, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(memory != MAP_FAILED && mprotect(memory, page, PROT_NONE) == 0);
    stack_t stack = {.ss_sp = memory + page, .ss_size = bytes};
    CHECK(sigaltstack(&stack, NULL) == 0);
    start_with("");
    raise(SIGUSR1);
    CHECK(region->dumps == 1);
}
static void a_minimal_alternate_stack_is_enough(void **state) {
    (void)state;
    RUN_IN_CHILD(small_stack);
}

static void keep_mask(void) {
    sigset_t before, after;
    start_with("");
    sigemptyset(&before);
    sigaddset(&before, SIGTERM);
    sigprocmask(SIG_SETMASK, &before, NULL);
    CHECK(mt_dump(MT_REASON_API) == 0);
    sigprocmask(SIG_SETMASK, NULL, &after);
    for (int i = 1; i <= 64; i++)
        CHECK(sigismember(&before, i) == sigismember(&after, i));
}
static void the_signal_mask_is_restored(void **state) {
    (void)state;
    RUN_IN_CHILD(keep_mask);
}

static void file_limit(void) {
    struct rlimit limit = {1000, 1000};
    signal(SIGXFSZ, SIG_DFL);
    start_with("");
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    CHECK(mt_dump(MT_REASON_API) == -EFBIG);
    CHECK(temporary_entries(dir, NULL) == 0);
    CHECK(region->signals_failed == 1 && region->dumps == 0);
}
static void the_file_size_limit_ends_the_dump_and_not_the_program(void **state) {
    (void)state;
    RUN_IN_CHILD(file_limit);
}

static void no_descriptors(void) {
    struct rlimit limit = {3, 3};
    start_with("");
    for (int fd = 3; fd < 10; fd++)
        close(fd);
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    CHECK(mt_dump(MT_REASON_API) == -EMFILE);
    CHECK(region->signals_failed == 1);
}
static void without_descriptors_it_fails_and_is_counted(void **state) {
    (void)state;
    RUN_IN_CHILD(no_descriptors);
}

static void closed_streams(void) {
    start_with("");
    close(0);
    close(1);
    close(2);
    if (mt_dump(MT_REASON_API) != 0 || temporary_entries(dir, NULL) != 1)
        _exit(1);
}
static void closed_standard_descriptors_do_not_matter(void **state) {
    (void)state;
    RUN_IN_CHILD(closed_streams);
}

static void full_disk(void) {
    char path[512], zeros[4096] = {0};
    if (unshare(CLONE_NEWNS) != 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", dir, "tmpfs", 0, "size=16k,mode=0700") != 0) {
        fprintf(stderr, "skipped: mounting a small file system needs root\n");
        _exit(CHILD_SKIPS);
    }
    start_with("");
    snprintf(path, sizeof path, "%s/filler", dir);
    int filler = open(path, O_CREAT | O_WRONLY, 0600);
    while (write(filler, zeros, sizeof zeros) > 0)
        ;
    CHECK(mt_dump(MT_REASON_API) == -ENOSPC);
    CHECK(temporary_entries(dir, NULL) == 1); /* the filler */
    CHECK(region->signals_failed == 1 && region->dumps == 0);
    CHECK(ftruncate(filler, 0) == 0);
    CHECK(mt_dump(MT_REASON_API) == 0);
    CHECK(temporary_entries(dir, NULL) == 2);
}
static void a_full_disk_leaves_no_part_of_a_file(void **state) {
    (void)state;
    RUN_IN_CHILD(full_disk);
}

static void full_directory(void) {
    start_with("max_dir_files=2");
    CHECK(mt_dump(MT_REASON_API) == 0);
    CHECK(mt_dump(MT_REASON_API) == 0);
    CHECK(mt_dump(MT_REASON_API) == -EDQUOT);
    CHECK(region->dumps == 2 && region->dumps_suppressed == 1 &&
          region->signals_failed == 0);
    CHECK(temporary_entries(dir, NULL) == 2);
}
static void directory_full_of_bytes(void) {
    start_with("max_dir_bytes=64K");
    CHECK(mt_dump(MT_REASON_API) == -EDQUOT);
    CHECK(temporary_entries(dir, NULL) == 2);
}
static void a_full_directory_takes_no_more(void **state) {
    (void)state;
    RUN_IN_CHILD(full_directory);
    RUN_IN_CHILD(directory_full_of_bytes);
}

static void bad_directory(void) {
    char text[512] = {0}, destination[16];
    int ends[2];
    start_with("");
    CHECK(pipe(ends) == 0);
    snprintf(destination, sizeof destination, "fd:%d", ends[1]);
    mt_log_start(destination, MT_LOG_ERROR);
    CHECK(chmod(dir, 0777) == 0);
    CHECK(mt_dump(MT_REASON_API) == -EACCES);
    CHECK(chmod(dir, 0700) == 0);
    CHECK(temporary_entries(dir, NULL) == 0);
    CHECK(read(ends[0], text, sizeof text - 1) > 0);
    CHECK(
        strcmp(text,
               "mtalloc: error: summary-not-written reason=\"the directory is writable by "
               "group or others\"\n") == 0);
    CHECK(region->signals_failed == 1);
}
static void a_refused_directory_is_said_and_counted(void **state) {
    (void)state;
    RUN_IN_CHILD(bad_directory);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_dir, remove_dir)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_dump_is_one_whole_file),
        TEST(before_start_there_are_none),
        TEST(a_descriptor_takes_one_and_stays_open),
        TEST(a_broken_pipe_does_not_end_the_program),
        TEST(the_number_is_bounded),
        TEST(the_number_may_be_0),
        TEST(the_interval_binds_signals_only),
        TEST(the_interval_may_be_0),
        TEST(figures_are_refreshed_at_exit_only),
        TEST(one_at_a_time_and_a_forked_child_starts_afresh),
        TEST(usr1_asks_for_one),
        TEST(option_signal_chooses_another),
        TEST(option_signal_may_be_none),
        TEST(a_disposition_that_is_set_is_kept),
        TEST(a_minimal_alternate_stack_is_enough),
        TEST(the_signal_mask_is_restored),
        TEST(the_file_size_limit_ends_the_dump_and_not_the_program),
        TEST(without_descriptors_it_fails_and_is_counted),
        TEST(closed_standard_descriptors_do_not_matter),
        TEST(a_full_disk_leaves_no_part_of_a_file),
        TEST(a_full_directory_takes_no_more),
        TEST(a_refused_directory_is_said_and_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
