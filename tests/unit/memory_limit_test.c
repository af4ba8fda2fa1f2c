/* Whose limit on memory holds: RLIMIT_AS, control groups of both versions and those above.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/memory_limit.h"
#include "tests/unit/child.h"
#include "tests/unit/temporary.h"
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *root;

static int start(void **state) {
    (void)state;
    root = temporary_make();
    return root ? 0 : 1;
}

static int remove_one(const char *path, const struct stat *status, int kind,
                      struct FTW *where) {
    (void)status, (void)kind, (void)where;
    return remove(path);
}

static int end(void **state) {
    (void)state;
    return nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Makes ROOT/PATH, with what is above it. */
static void put(const char *path, const char *text) {
    char name[512];
    snprintf(name, sizeof name, "%s/%s", root, path);
    for (char *at = name + strlen(root) + 1; (at = strchr(at, '/')); *at++ = '/') {
        *at = '\0';
        mkdir(name, 0700);
    }
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    fclose(file);
}

static uint64_t limit(const char *groups) {
    char self[512], mount[512];
    put("cgroup", groups);
    snprintf(self, sizeof self, "%s/cgroup", root);
    snprintf(mount, sizeof mount, "%s/fs", root);
    return mt_memory_limit(self, mount);
}

static void no_limit_is_none(void **state) {
    (void)state;
    assert_true(mt_memory_limit("/nowhere/cgroup", "/nowhere/fs") == UINT64_MAX);
    assert_true(limit("") == UINT64_MAX);
    assert_true(limit("0::/a\n") == UINT64_MAX);
    put("fs/a/memory.max", "max\n");
    assert_true(limit("0::/a\n") == UINT64_MAX);
    assert_true(limit("nonsense\n\n:\n::") == UINT64_MAX);
}

static void the_least_of_a_group_and_those_above(void **state) {
    (void)state;
    put("fs/a/memory.max", "max\n");
    put("fs/a/b/memory.max", "8192\n");
    put("fs/a/b/c/memory.max", "16384\n");
    assert_int_equal(limit("0::/a/b/c\n"), 8192);
    assert_int_equal(limit("0::/a/b\n"), 8192);
    assert_true(limit("0::/a\n") == UINT64_MAX);
    put("fs/memory.max", "4096\n");
    assert_int_equal(limit("0::/a/b/c\n"), 4096);
    /* A container that sees another's names. */
    assert_int_equal(limit("0::/../somewhere/else\n"), 4096);
    assert_int_equal(limit("0::/\n"), 4096);
}

static void version_1_has_a_mount_for_memory(void **state) {
    (void)state;
    put("fs/memory/x/memory.limit_in_bytes", "12288\n");
    put("fs/memory/memory.limit_in_bytes", "9223372036854771712\n");
    assert_int_equal(limit("12:cpu,cpuacct:/y\n9:memory:/x\n1:name=systemd:/x\n"), 12288);
    assert_true(limit("12:cpu,cpuacct:/x\n9:memory:/y\n") == UINT64_C(9223372036854771712));
    /* Both at once: the unified hierarchy has no memory controller then. */
    assert_int_equal(limit("9:memory:/x\n0::/x\n"), 12288);
}

static void with_address_space(void) {
    struct rlimit space = {(rlim_t)1 << 47, RLIM_INFINITY}; /* sanitizers take much */
    CHECK(setrlimit(RLIMIT_AS, &space) == 0);
    CHECK(limit("0::/a\n") == (uint64_t)1 << 47);
    put("fs/a/memory.max", "4096\n");
    CHECK(limit("0::/a\n") == 4096);
}

static void the_limit_on_address_space_counts(void **state) {
    (void)state;
    put("fs/a/memory.max", "1152921504606846976\n");
    RUN_IN_CHILD(with_address_space);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(no_limit_is_none),
        TEST(the_least_of_a_group_and_those_above),
        TEST(version_1_has_a_mount_for_memory),
        TEST(the_limit_on_address_space_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
