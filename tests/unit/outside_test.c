/* Reading the region of another process, and of a recording. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "export/outside.h"
#include "export/resources.h"
#include "tests/unit/child.h"
#include "tests/unit/region_fixture.h"
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>

/* The note that the library has, here for this program. */
extern struct mt_region *outside_root;
struct mt_region *outside_root __attribute__((visibility("hidden")));
__asm__(".pushsection .note.mtalloc, \"a\", @note\n"
        ".balign 4\n"
        ".long 8, 8, 1\n"
        ".asciz \"mtalloc\"\n"
        "0: .quad outside_root - 0b\n"
        ".popsection\n");

static pid_t child;
static struct mt_outside view;

/* A child that waits to be looked at, after `prepare`. */
static void start_child(void (*prepare)(void)) {
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    child = fork();
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        prepare();
        if (write(ready[1], "", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
}

static int end(void **state) {
    (void)state;
    mt_outside_close(&view);
    if (child > 0) {
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        child = 0;
    }
    outside_root = NULL;
    return 0;
}

static void expect(enum mt_outside_error error) {
    memset(&view, 0xff, sizeof view);
    assert_int_equal(mt_outside_read((uint32_t)child, &view), error);
    assert_true(strlen(mt_outside_message(error)) > 3);
    if (error)
        assert_null(view.region);
}

static void with_region(void) {
    outside_root = fixture_region();
    outside_root->pid = (uint32_t)getpid();
}

static void is_the_fixture(void) {
    struct mt_site_sums sums;
    const char *why;
    assert_true(mt_region_check(view.region, view.bytes, &why));
    assert_int_equal(mt_region_count(view.region, MT_TABLE_NODES), FIXTURE_KEEP + 1);
    mt_region_sum_site(view.region, FIXTURE_SITE_MAKE, &sums);
    assert_int_equal(sums.alloc_bytes, 1000);
    assert_int_equal(sums.free_bytes, 600);
    const struct mt_module *module =
        mt_region_at(view.region, MT_TABLE_MODULES, FIXTURE_LIBRARY);
    assert_string_equal(module->name, "libkeep.so.1");
    assert_int_equal(view.region->peak_bytes, 1000);
}

static void a_process_is_read_while_it_lives(void **state) {
    (void)state;
    start_child(with_region);
    expect(MT_OUTSIDE_OK);
    is_the_fixture();
    assert_int_equal(view.region->pid, child);
}

static void a_stopped_process_is_read_too(void **state) {
    (void)state;
    int status;
    start_child(with_region);
    kill(child, SIGSTOP);
    assert_int_equal(waitpid(child, &status, WUNTRACED), child);
    expect(MT_OUTSIDE_OK);
    is_the_fixture();
    assert_int_equal(waitpid(child, &status, WNOHANG | WUNTRACED | WCONTINUED), 0);
}

static void nothing(void) {}
static void a_library_without_a_region_is_off(void **state) {
    (void)state;
    start_child(nothing);
    expect(MT_OUTSIDE_OFF);
}

static void a_program_without_the_library_is_told_apart(void **state) {
    (void)state;
    int ends[2];
    char byte;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    child = fork();
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        execlp("sleep", "sleep", "1000", (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &byte, 1), 0); /* closed by the exec */
    close(ends[0]);
    expect(MT_OUTSIDE_NO_LIBRARY);
}

static void processes_that_are_gone_are_told_apart(void **state) {
    (void)state;
    siginfo_t info;
    start_child(with_region);
    kill(child, SIGKILL);
    assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    expect(MT_OUTSIDE_NO_PROCESS); /* a zombie */
    waitpid(child, NULL, 0);
    expect(MT_OUTSIDE_NO_PROCESS);
    child = 0;
    expect(MT_OUTSIDE_NO_PROCESS);
}

static pid_t looked_at;
static void look_as_nobody(void) {
    if (setgid(65534) != 0 || setuid(65534) != 0) {
        fprintf(stderr, "skipped: becoming another user needs root\n");
        _exit(CHILD_SKIPS);
    }
    CHECK(mt_outside_read((uint32_t)looked_at, &view) == MT_OUTSIDE_NO_PERMISSION);
}
static void missing_permission_is_told_apart(void **state) {
    (void)state;
    start_child(with_region);
    looked_at = child;
    RUN_IN_CHILD(look_as_nobody);
}

/* The kernel asks for more to read memory than to read /proc/PID/maps: here the file
 * system's user is the process's and the real user is not. */
static void with_region_of_another_user(void) {
    with_region();
    if (setresgid(65533, 65533, 65533) == 0 && setresuid(65533, 65533, 65533) == 0)
        (void)prctl(PR_SET_DUMPABLE, 1);
}
static void look_with_half_the_right(void) {
    if (setgroups(0, NULL) != 0 || setresgid(65534, 65533, 65533) != 0 ||
        setresuid(65534, 65533, 65533) != 0) {
        fprintf(stderr, "skipped: becoming another user needs root\n");
        _exit(CHILD_SKIPS);
    }
    char path[32];
    snprintf(path, sizeof path, "/proc/%d/maps", (int)looked_at);
    CHECK(open(path, O_RDONLY) >= 0);
    CHECK(mt_outside_read((uint32_t)looked_at, &view) == MT_OUTSIDE_NO_PERMISSION);
}
static void permission_for_the_map_but_not_the_memory_is_none(void **state) {
    (void)state;
    start_child(with_region_of_another_user);
    looked_at = child;
    RUN_IN_CHILD(look_with_half_the_right);
}

static void with_newer(void) {
    with_region();
    outside_root->version++;
}
static void with_damaged(void) {
    with_region();
    outside_root->table[MT_TABLE_CHUNKS].offset = FIXTURE_BYTES;
}
static void with_huge(void) {
    with_region();
    outside_root->region_bytes = UINT64_C(1) << 40;
}
static void with_hole(void) {
    with_region();
    /* Claims to be open where nothing may be read. */
    (void)mprotect(fixture_record(outside_root, MT_TABLE_MODULES, 0), 4096, PROT_NONE);
}
static void with_nonsense(void) {
    outside_root = (struct mt_region *)16;
}

static void regions_that_cannot_be_read_are_told_apart(void **state) {
    (void)state;
    static const struct {
        void (*prepare)(void);
        enum mt_outside_error error;
    } one[] = {{with_newer, MT_OUTSIDE_NEWER},
               {with_damaged, MT_OUTSIDE_NOT_REGION},
               {with_huge, MT_OUTSIDE_NOT_REGION},
               {with_hole, MT_OUTSIDE_INCOMPLETE},
               {with_nonsense, MT_OUTSIDE_NOT_REGION}};
    for (size_t i = 0; i < sizeof one / sizeof *one; i++) {
        start_child(one[i].prepare);
        expect(one[i].error);
        end(NULL);
    }
}

static int recording(const void *bytes, size_t length) {
    int file = memfd_create("recording", MFD_CLOEXEC);
    assert_int_equal(write(file, bytes, length), length);
    return file;
}

static void a_recording_is_read_like_a_process(void **state) {
    (void)state;
    int file = recording(fixture_region(), FIXTURE_BYTES);
    assert_int_equal(mt_outside_map_file(file, &view), MT_OUTSIDE_OK);
    assert_int_equal(ftruncate(file, 0), 0); /* a copy, not a mapping: no SIGBUS */
    is_the_fixture();
    close(file);
}

static void recordings_cut_short_are_told_apart(void **state) {
    (void)state;
    static const size_t length[] = {0, 8, sizeof(struct mt_region) - 1, 4096, 20000};
    struct mt_region *region = fixture_region();
    for (size_t i = 0; i < 5; i++) {
        int file = recording(region, length[i]);
        assert_int_equal(mt_outside_map_file(file, &view), length[i] < sizeof *region
                                                               ? MT_OUTSIDE_NOT_REGION
                                                               : MT_OUTSIDE_INCOMPLETE);
        close(file);
    }
    assert_int_equal(mt_outside_map_file(-1, &view), MT_OUTSIDE_IO);
}

static void any_other_file_is_no_recording(void **state) {
    (void)state;
    int file = open("/proc/self/exe", O_RDONLY);
    assert_int_equal(mt_outside_map_file(file, &view), MT_OUTSIDE_NOT_REGION);
    close(file);
}

/* One, but for those of a sanitizer. */
static uint64_t threads_of_child(void) {
    char path[64];
    struct stat tasks;
    snprintf(path, sizeof path, "/proc/%d/task", child);
    assert_int_equal(stat(path, &tasks), 0);
    return tasks.st_nlink - 2;
}

static void resources_of_a_process_and_of_oneself(void **state) {
    (void)state;
    struct mt_resources own, other;
    uint64_t start_ms = mt_clock_monotonic_ms();
    start_child(nothing);
    mt_resources_self(start_ms - 5000, &own);
    assert_true(own.known);
    assert_true(own.rss_bytes >= 100 << 10 && own.rss_bytes <= own.rss_peak_bytes);
    assert_int_equal(own.threads, 1);
    assert_true(own.cpu_user_us + own.cpu_system_us < UINT64_C(1000) * 1000 * 1000);
    assert_true(own.uptime_ms >= 5000 && own.uptime_ms < 3600000);
    assert_true(own.now_unix_ms > UINT64_C(1600000000000));
    assert_true(mt_resources_of((uint32_t)child, start_ms, &other));
    assert_true(other.known && other.threads == threads_of_child());
    assert_true(other.rss_bytes >= 100 << 10 && other.rss_peak_bytes >= other.rss_bytes);
    assert_true(other.cpu_user_us < UINT64_C(1000) * 1000 * 1000);
    assert_true(other.cpu_system_us < UINT64_C(1000) * 1000 * 1000);
    end(NULL);
    assert_false(mt_resources_of(0, start_ms, &other));
    assert_false(other.known);
    assert_true(other.now_unix_ms > UINT64_C(1600000000000));
}

/* A name that tries to look like the fields behind it. */
static void busy(void) {
    (void)prctl(PR_SET_NAME, ") R 1 1 1 1");
    while (clock() < CLOCKS_PER_SEC / 5)
        ;
}
static void times_are_found_behind_any_name(void **state) {
    (void)state;
    struct mt_resources other;
    start_child(busy);
    assert_true(mt_resources_of((uint32_t)child, 0, &other));
    assert_true(other.cpu_user_us + other.cpu_system_us >= 150000);
    assert_true(other.cpu_user_us + other.cpu_system_us < UINT64_C(10) * 1000 * 1000);
}

#define TEST(name) cmocka_unit_test_teardown(name, end)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_process_is_read_while_it_lives),
        TEST(a_stopped_process_is_read_too),
        TEST(a_library_without_a_region_is_off),
        TEST(a_program_without_the_library_is_told_apart),
        TEST(processes_that_are_gone_are_told_apart),
        TEST(missing_permission_is_told_apart),
        TEST(permission_for_the_map_but_not_the_memory_is_none),
        TEST(regions_that_cannot_be_read_are_told_apart),
        TEST(a_recording_is_read_like_a_process),
        TEST(recordings_cut_short_are_told_apart),
        TEST(any_other_file_is_no_recording),
        TEST(resources_of_a_process_and_of_oneself),
        TEST(times_are_found_behind_any_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
