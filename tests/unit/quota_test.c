/* How much a directory takes: files and bytes, of all processes together. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "export/files.h"
#include "tests/unit/temporary.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const no_environment[] = {NULL};
static const char *dir;
static struct mt_file file;
static struct mt_file_facts facts;

static int start(void **state) {
    (void)state;
    dir = temporary_make();
    facts = (struct mt_file_facts){
        .program = "demo", .reason = "api", .pid = 42, .sequence = 3};
    return !dir || chmod(dir, 0700) != 0;
}

static int end(void **state) {
    (void)state;
    (void)mt_files_start("", no_environment); /* gives the held directory back */
    temporary_remove(dir);
    return 0;
}

static void open_and_write(const char *text) {
    assert_int_equal(mt_file_open(&file, &facts), 0);
    assert_int_equal(write(file.fd, text, strlen(text)), strlen(text));
}

static unsigned open_descriptors(void) {
    return temporary_entries("/proc/self/fd", NULL);
}

static void full(void) {
    unsigned before = temporary_entries(dir, NULL);
    assert_int_equal(mt_file_open(&file, &facts), -EDQUOT);
    assert_int_equal(file.problem, MT_DIR_FULL);
    assert_int_equal(file.fd, -1);
    assert_int_equal(temporary_entries(dir, NULL), before);
}

static void make(const char *name, off_t bytes) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0 && ftruncate(fd, bytes) == 0);
    close(fd);
}

static void a_directory_takes_so_many_files(void **state) {
    (void)state;
    assert_int_equal(mt_files_start(dir, no_environment), MT_DIR_OK);
    facts.quota.files = 3;
    make("a.mtalloc", 0);
    make("b.mtalloc.sealed", 0);
    make("notes", 0);
    make("mtalloc", 0);
    unsigned descriptors = open_descriptors();
    for (int i = 0; i < 2;
         i++) { /* one that is begun counts, and one that is given up not */
        open_and_write("x");
        struct mt_file other;
        assert_int_equal(mt_file_open(&other, &facts), -EDQUOT);
        mt_file_abandon(&file);
    }
    open_and_write("x");
    assert_int_equal(mt_file_commit(&file), 0);
    full();
    assert_int_equal(open_descriptors(), descriptors);
    facts.quota.files = 4;
    open_and_write("x");
    assert_int_equal(mt_file_commit(&file), 0);
    facts.quota.files = 0;
    open_and_write("x");
    mt_file_abandon(&file);
}

static void a_directory_takes_so_many_bytes(void **state) {
    (void)state;
    assert_int_equal(mt_files_start(dir, no_environment), MT_DIR_OK);
    facts.quota.bytes = 1000000;
    make("a.mtalloc", 600000);
    make("notes", 600000);
    open_and_write("x");
    assert_int_equal(file.room_bytes, 400000);
    mt_file_abandon(&file);
    make("b.mtalloc", 400000 - MT_QUOTA_LEAST_BYTES);
    open_and_write("x");
    assert_int_equal(file.room_bytes, MT_QUOTA_LEAST_BYTES);
    mt_file_abandon(&file);
    make("c.mtalloc", 1);
    full();
    facts.quota.bytes = 0;
    open_and_write("x");
    assert_true(file.room_bytes > 1ull << 60);
    mt_file_abandon(&file);
}

/* More than fit into what is read at a time, on every descriptor anew. */
static void many_files_are_counted_each_time(void **state) {
    (void)state;
    char name[64];
    assert_int_equal(mt_files_start(dir, no_environment), MT_DIR_OK);
    for (unsigned i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "program.%u.1.signal.0123456789abcdef.mtalloc", i);
        make(name, 10);
    }
    for (int i = 0; i < 3; i++) {
        facts.quota.files = 301;
        open_and_write("x");
        mt_file_abandon(&file);
        facts.quota.files = 300;
        full();
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_directory_takes_so_many_files),
        TEST(a_directory_takes_so_many_bytes),
        TEST(many_files_are_counted_each_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
