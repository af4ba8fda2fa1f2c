/* Where files go and how: checked directories, complete files or none. */
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
static const char *root; /* holds the directory, links and targets */
static char dir[128];
static struct mt_file file;
static struct mt_file_facts facts;

static int start(void **state) {
    (void)state;
    root = temporary_make();
    snprintf(dir, sizeof dir, "%s/dumps", root);
    facts = (struct mt_file_facts){
        .program = "demo", .reason = "api", .pid = 42, .sequence = 3};
    memset(&file, 0, sizeof file);
    umask(0);
    return !root || mkdir(dir, 0700) != 0;
}

static int end(void **state) {
    (void)state;
    (void)mt_files_start("", no_environment); /* gives the held directory back */
    (void)chmod(dir, 0700);
    temporary_remove(dir);
    temporary_remove(root);
    return 0;
}

static void refused(enum mt_dir_problem problem) {
    unsigned before = temporary_entries(dir, NULL);
    errno = 0;
    assert_int_equal(mt_file_open(&file, &facts), -EACCES);
    assert_int_equal(file.problem, problem);
    assert_int_equal(file.fd, -1);
    assert_int_equal(errno, 0);
    assert_int_equal(temporary_entries(dir, NULL), before);
    assert_true(strlen(mt_dir_message(problem)) > 10);
}

static void open_and_write(const char *text) {
    assert_int_equal(mt_file_open(&file, &facts), 0);
    assert_int_equal(write(file.fd, text, strlen(text)), strlen(text));
}

static void a_file_is_hidden_until_it_is_whole(void **state) {
    (void)state;
    char name[256], text[16] = {0};
    struct stat found;
    assert_int_equal(mt_files_start(dir, no_environment), MT_DIR_OK);
    open_and_write("whole");
    assert_int_equal(temporary_entries(dir, name), 1);
    assert_int_equal(name[0], '.');
    assert_int_equal(mt_file_commit(&file), 0);
    assert_int_equal(temporary_entries(dir, name), 1);
    assert_string_equal(name, file.name);
    int directory = open(dir, O_RDONLY), opened = openat(directory, name, O_RDONLY);
    assert_int_equal(fstat(opened, &found), 0);
    assert_int_equal(found.st_mode & 07777, 0600);
    assert_int_equal(read(opened, text, sizeof text), 5);
    assert_string_equal(text, "whole");
    close(opened);
    close(directory);
}

static void an_abandoned_file_leaves_nothing(void **state) {
    (void)state;
    assert_int_equal(mt_files_start(dir, no_environment), MT_DIR_OK);
    open_and_write("half");
    mt_file_abandon(&file);
    assert_int_equal(temporary_entries(dir, NULL), 0);
}

static void names_say_who_when_and_why_and_differ(void **state) {
    (void)state;
    char first[MT_FILE_NAME_MAX];
    unsigned pid, sequence;
    unsigned long long random;
    assert_int_equal(mt_files_start(dir, no_environment), MT_DIR_OK);
    open_and_write("");
    assert_int_equal(mt_file_commit(&file), 0);
    assert_int_equal(
        sscanf(file.name, "demo.%u.%u.api.%16llx.mtalloc", &pid, &sequence, &random), 3);
    assert_int_equal(pid, 42);
    assert_int_equal(sequence, 3);
    assert_true(random != 0);
    assert_int_equal(strlen(file.name), strlen("demo.42.3.api..mtalloc") + 16);
    strcpy(first, file.name);
    open_and_write("");
    assert_int_equal(mt_file_commit(&file), 0);
    assert_string_not_equal(first, file.name);
    assert_int_equal(temporary_entries(dir, NULL), 2);
}

static void a_program_name_cannot_lead_elsewhere(void **state) {
    (void)state;
    assert_int_equal(mt_files_start(dir, no_environment), MT_DIR_OK);
    facts.random = 0xabc;
    facts.program = "../a b\n\xc3\xa9*.x-1_";
    open_and_write("");
    assert_int_equal(mt_file_commit(&file), 0);
    assert_string_equal(file.name, "_._a_b____.x-1_.42.3.api.0000000000000abc.mtalloc");
    facts.program = "";
    open_and_write("");
    assert_int_equal(mt_file_commit(&file), 0);
    assert_string_equal(file.name, "program.42.3.api.0000000000000abc.mtalloc");
}

static void the_longest_name_fits(void **state) {
    (void)state;
    char program[300];
    memset(program, 'p', sizeof program - 1);
    program[sizeof program - 1] = '\0';
    facts = (struct mt_file_facts){.program = program,
                                   .reason = "recording",
                                   .pid = UINT32_MAX,
                                   .sequence = UINT32_MAX};
    assert_int_equal(mt_files_start(dir, no_environment), MT_DIR_OK);
    open_and_write("");
    assert_int_equal(mt_file_commit(&file), 0);
    assert_non_null(strstr(file.name, ".mtalloc"));
}

/* Whoever could guess the name gains nothing by being there first. */
static void a_planted_file_or_link_is_never_written_to(void **state) {
    (void)state;
    char planted[256], target[256];
    struct stat found;
    facts.random = 7;
    snprintf(planted, sizeof planted, "%s/.demo.42.3.api.0000000000000007.mtalloc.part",
             dir);
    snprintf(target, sizeof target, "%s/target", root);
    assert_int_equal(mt_files_start(dir, no_environment), MT_DIR_OK);
    assert_int_equal(symlink(target, planted), 0);
    assert_int_equal(mt_file_open(&file, &facts), -EEXIST);
    assert_int_equal(file.problem, MT_DIR_OK);
    assert_int_not_equal(stat(target, &found), 0); /* nor was it made */
    assert_int_equal(unlink(planted), 0);
    close(open(planted, O_CREAT | O_WRONLY, 0666));
    assert_int_equal(mt_file_open(&file, &facts), -EEXIST);
    assert_int_equal(temporary_entries(dir, NULL), 1); /* the planted one stays */
    unlink(planted);
    open_and_write("");
    mt_file_abandon(&file);
}

static void a_symbolic_link_is_no_directory(void **state) {
    (void)state;
    char link[256];
    snprintf(link, sizeof link, "%s/link", root);
    assert_int_equal(symlink(dir, link), 0);
    assert_int_equal(mt_files_start(link, no_environment), MT_DIR_SYMLINK);
    refused(MT_DIR_SYMLINK);
    strcat(link, "//");
    assert_int_equal(mt_files_start(link, no_environment), MT_DIR_SYMLINK);
    refused(MT_DIR_SYMLINK);
    *strchr(link + strlen(root) + 1, '/') = '\0';
    unlink(link);
    close(open(link, O_CREAT | O_WRONLY, 0600));
    assert_int_equal(mt_files_start(link, no_environment), MT_DIR_SYMLINK);
    refused(MT_DIR_SYMLINK);
}

static void a_directory_others_can_write_to_is_refused(void **state) {
    (void)state;
    static const mode_t bad[] = {0770, 0702, 0777, 01777};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(chmod(dir, bad[i]), 0);
        assert_int_equal(mt_files_start(dir, no_environment), MT_DIR_WRITABLE);
        refused(MT_DIR_WRITABLE);
    }
    assert_int_equal(chmod(dir, 0755), 0);
    open_and_write("");
    mt_file_abandon(&file);
}

static void the_check_is_made_anew_for_every_file(void **state) {
    (void)state;
    assert_int_equal(mt_files_start(dir, no_environment), MT_DIR_OK);
    open_and_write("");
    mt_file_abandon(&file);
    assert_int_equal(chmod(dir, 0777), 0);
    refused(MT_DIR_WRITABLE);
}

static void another_users_directory_is_refused(void **state) {
    (void)state;
    if (geteuid() != 0) {
        print_message("skipped: only root can give a directory away\n");
        skip();
    }
    assert_int_equal(chown(dir, 65534, 0), 0);
    assert_int_equal(mt_files_start(dir, no_environment), MT_DIR_NOT_OWNED);
    refused(MT_DIR_NOT_OWNED);
    assert_int_equal(chown(dir, 0, 0), 0);
    open_and_write("");
    mt_file_abandon(&file);
}

static void a_missing_directory_may_come_later(void **state) {
    (void)state;
    assert_int_equal(rmdir(dir), 0);
    assert_int_equal(mt_files_start(dir, no_environment), MT_DIR_MISSING);
    refused(MT_DIR_MISSING);
    assert_int_equal(mkdir(dir, 0700), 0);
    open_and_write("");
    mt_file_abandon(&file);
}

static void the_directory_is_held_out_of_the_programs_way(void **state) {
    (void)state;
    char elsewhere[256];
    struct stat held, found;
    assert_int_equal(mt_files_start(dir, no_environment), MT_DIR_OK);
    assert_int_equal(stat(dir, &found), 0);
    for (int fd = 3; fd < 50; fd++)
        assert_true(fstat(fd, &held) != 0 || held.st_ino != found.st_ino);
    assert_int_equal(fcntl(500, F_GETFD), FD_CLOEXEC);
    /* Moved, as a chroot() would: the held one is the one. */
    snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", root);
    assert_int_equal(rename(dir, elsewhere), 0);
    open_and_write("");
    assert_int_equal(mt_file_commit(&file), 0);
    assert_int_equal(temporary_entries(elsewhere, NULL), 1);
    assert_int_equal(rename(elsewhere, dir), 0);
}

static void a_program_that_closes_it_does_not_misdirect_files(void **state) {
    (void)state;
    char other[256];
    snprintf(other, sizeof other, "%s/other", root);
    assert_int_equal(mkdir(other, 0700), 0);
    assert_int_equal(mt_files_start(dir, no_environment), MT_DIR_OK);
    close(500);
    open_and_write("");
    assert_int_equal(mt_file_commit(&file), 0);
    int opened = open(other, O_RDONLY | O_DIRECTORY);
    assert_int_equal(dup2(opened, 500), 500);
    open_and_write("");
    assert_int_equal(mt_file_commit(&file), 0);
    assert_int_equal(temporary_entries(other, NULL), 0);
    assert_int_equal(temporary_entries(dir, NULL), 2);
    /* Nor is another directory taken that came to the path meanwhile. */
    temporary_remove(dir);
    assert_int_equal(rename(other, dir), 0);
    refused(MT_DIR_REPLACED);
    close(opened);
    close(500);
}

static unsigned open_descriptors(void) {
    return temporary_entries("/proc/self/fd", NULL);
}

static void no_descriptor_is_left_open(void **state) {
    (void)state;
    char link[256];
    unsigned before = open_descriptors();
    snprintf(link, sizeof link, "%s/link", root);
    assert_int_equal(symlink(dir, link), 0);
    assert_int_equal(mt_files_start(dir, no_environment), MT_DIR_OK);
    assert_int_equal(open_descriptors(), before + 1);
    open_and_write("");
    assert_int_equal(mt_file_commit(&file), 0);
    open_and_write("");
    mt_file_abandon(&file);
    close(500);
    open_and_write("");
    mt_file_abandon(&file);
    chmod(dir, 0777);
    refused(MT_DIR_WRITABLE);
    chmod(dir, 0700);
    facts.random = 5;
    open_and_write("");
    struct mt_file second;
    assert_int_equal(mt_file_open(&second, &facts), -EEXIST);
    mt_file_abandon(&file);
    assert_int_equal(mt_files_start(link, no_environment), MT_DIR_SYMLINK);
    refused(MT_DIR_SYMLINK);
    assert_int_equal(mt_files_start("", no_environment), MT_DIR_OK);
    assert_int_equal(open_descriptors(), before);
}

static void default_goes_to(const char *const *envp, const char *path) {
    unsigned before = temporary_entries(path, NULL);
    assert_int_equal(mt_files_start("", envp), MT_DIR_OK);
    open_and_write("");
    assert_int_equal(temporary_entries(path, NULL), before + 1);
    mt_file_abandon(&file);
    assert_int_equal(temporary_entries(path, NULL), before);
}

static void the_environment_names_the_default(void **state) {
    (void)state;
    char runtime[256], several[300], user[256], below[300];
    snprintf(runtime, sizeof runtime, "RUNTIME_DIRECTORY=%s", dir);
    snprintf(several, sizeof several, "%s:/somewhere/else", runtime);
    snprintf(user, sizeof user, "XDG_RUNTIME_DIR=%s", root);
    snprintf(below, sizeof below, "%s/mtalloc", root);
    default_goes_to((const char *const[]){"X=1", runtime, user, NULL}, dir);
    default_goes_to((const char *const[]){several, NULL}, dir);
    assert_int_not_equal(access(below, F_OK), 0);
    default_goes_to((const char *const[]){user, NULL}, below);
    struct stat made;
    assert_int_equal(stat(below, &made), 0);
    assert_int_equal(made.st_mode & 07777, 0700);
    /* A bad one is passed over. */
    chmod(dir, 0777);
    default_goes_to((const char *const[]){runtime, user, NULL}, below);
    rmdir(below);
}

static void nothing_is_made_before_the_first_file(void **state) {
    (void)state;
    char user[256];
    snprintf(user, sizeof user, "XDG_RUNTIME_DIR=%s", root);
    unsigned descriptors = open_descriptors();
    assert_int_equal(mt_files_start("", (const char *const[]){user, NULL}), MT_DIR_OK);
    assert_int_equal(temporary_entries(root, NULL), 1);
    assert_int_equal(open_descriptors(), descriptors);
}

static void the_last_resort_is_below_var_tmp(void **state) {
    (void)state;
    char path[64];
    snprintf(path, sizeof path, "/var/tmp/mtalloc-%u", (unsigned)geteuid());
    bool there = access(path, F_OK) == 0;
    default_goes_to((const char *const[]){"RUNTIME_DIRECTORY=relative", "XDG_RUNTIME_DIR=",
                                          "XDG_RUNTIME_DIRECTORY=/tmp", NULL},
                    path);
    if (!there)
        rmdir(path);
}

static void paths_too_long_are_refused_not_cut(void **state) {
    (void)state;
    char path[MT_DIR_PATH_MAX + 1];
    memset(path, 'd', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    assert_int_equal(mt_files_start(path, no_environment), MT_DIR_NONE);
    refused(MT_DIR_NONE);
}

/* ---- names that the program gives ---- */

static int named(const char *name) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return mt_file_open_at(&file, path, false, &facts.quota);
}

static void what_gets_the_name_meanwhile_stays(void **state) {
    (void)state;
    char path[256], text[8] = {0};
    snprintf(path, sizeof path, "%s/own", dir);
    assert_int_equal(named("own"), 0);
    int other = open(path, O_CREAT | O_EXCL | O_RDWR, 0600);
    assert_int_equal(write(other, "other", 5), 5);
    assert_int_equal(mt_file_commit(&file), -EEXIST);
    assert_int_equal(temporary_entries(dir, NULL), 1);
    assert_int_equal(pread(other, text, sizeof text, 0), 5);
    assert_string_equal(text, "other");
    close(other);
}

static void what_has_the_name_is_seen_before_anything_is_written(void **state) {
    (void)state;
    assert_int_equal(named("own"), 0);
    assert_int_equal(mt_file_commit(&file), 0);
    assert_int_equal(named("own"), -EEXIST);
    assert_int_equal(file.fd, -1);
    assert_int_equal(temporary_entries(dir, NULL), 1);
    assert_int_equal(named("other"), 0);
    mt_file_abandon(&file);
    assert_int_equal(temporary_entries(dir, NULL), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_file_is_hidden_until_it_is_whole),
        TEST(an_abandoned_file_leaves_nothing),
        TEST(names_say_who_when_and_why_and_differ),
        TEST(a_program_name_cannot_lead_elsewhere),
        TEST(the_longest_name_fits),
        TEST(a_planted_file_or_link_is_never_written_to),
        TEST(a_symbolic_link_is_no_directory),
        TEST(a_directory_others_can_write_to_is_refused),
        TEST(the_check_is_made_anew_for_every_file),
        TEST(another_users_directory_is_refused),
        TEST(a_missing_directory_may_come_later),
        TEST(the_directory_is_held_out_of_the_programs_way),
        TEST(a_program_that_closes_it_does_not_misdirect_files),
        TEST(no_descriptor_is_left_open),
        TEST(the_environment_names_the_default),
        TEST(nothing_is_made_before_the_first_file),
        TEST(the_last_resort_is_below_var_tmp),
        TEST(paths_too_long_are_refused_not_cut),
        TEST(what_gets_the_name_meanwhile_stays),
        TEST(what_has_the_name_is_seen_before_anything_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
