/* The option parser: every row of options.def, every kind of bad input. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/option_values.h"
#include "base/options.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct mt_options options;
static struct {
    unsigned count;
    char name[64];
    const struct mt_option_info *option;
} seen;

static void on_problem(const struct mt_option_problem *problem, void *context) {
    assert_ptr_equal(context, &seen);
    seen.count++;
    snprintf(seen.name, sizeof seen.name, "%.*s", (int)problem->name_length, problem->name);
    seen.option = problem->option;
}

static unsigned parse(const char *text) {
    memset(&seen, 0, sizeof seen);
    unsigned problems = mt_options_parse(&options, text, on_problem, &seen);
    assert_int_equal(problems, seen.count);
    return problems;
}

static int start(void **state) {
    (void)state;
    memset(&options, 0xff, sizeof options);
    mt_options_default(&options);
    return 0;
}

static const struct mt_option_info *row(const char *name) {
    for (size_t i = 0; i < mt_option_count; i++)
        if (strcmp(mt_option_table[i].name, name) == 0)
            return &mt_option_table[i];
    fail_msg("no option %s", name);
    return NULL;
}

static void refused(const char *text, const char *name) {
    struct mt_options before = options;
    assert_int_equal(parse(text), 1);
    assert_string_equal(seen.name, name);
    assert_ptr_equal(seen.option, row(name));
    assert_memory_equal(&before, &options, sizeof before);
}

static void defaults_are_those_of_the_table(void **state) {
    (void)state;
    for (size_t i = 0; i < mt_option_count; i++) {
        const struct mt_option_info *option = &mt_option_table[i];
        const char *field = (const char *)&options + option->offset;
        switch (option->type) {
        case MT_OPT_BOOL:
            assert_int_equal(*(const bool *)field, option->initial);
            break;
        case MT_OPT_UINT:
        case MT_OPT_SIZE:
            assert_true(*(const uint64_t *)field == option->initial);
            assert_true(option->min <= option->initial && option->initial <= option->max);
            break;
        case MT_OPT_ENUM:
            assert_int_equal(*(const uint32_t *)field, option->initial);
            break;
        case MT_OPT_TEXT:
            assert_string_equal(field, option->text);
            break;
        }
        assert_true(strlen(option->help) > 10);
    }
    assert_memory_equal(&options, mt_options, sizeof options);
}

static void the_names_scripts_lean_on_are_there(void **state) {
    (void)state;
    static const char *const names[] = {
        "off",          "preset",         "stack",
        "frames",       "signal",         "exit",
        "dir",          "recorder",       "log",
        "log_level",    "on_error",       "max_metadata",
        "max_dumps",    "max_dump_bytes", "min_dump_interval",
        "quarantine",   "max_quarantine", "fill",
        "break_on_id",  "limit_alloc",    "limit_live",
        "limit_site",   "limit_action",   "interval",
        "on_peak",      "check",          "exit_budget_ms",
        "max_pause_ms", "limit_rate",     "limit_rate_s",
        "leaks",        "follow_fork",    "max_recordings",
        "guard",        "guard_side",     "max_guard"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_non_null(row(names[i]));
}

static void every_type_is_read(void **state) {
    (void)state;
    assert_int_equal(parse("off,stack=caller,frames=128,max_metadata=8M,dir=/srv/dumps"),
                     0);
    assert_true(options.off);
    assert_int_equal(options.stack, MT_STACK_CALLER);
    assert_int_equal(options.frames, 128);
    assert_int_equal(options.max_metadata, 8 << 20);
    assert_string_equal(options.dir, "/srv/dumps");
}

static void enum_constants_stand_at_their_places(void **state) {
    (void)state;
    assert_string_equal(row("preset")->text, "production|test|guard");
    assert_string_equal(row("stack")->text, "off|caller|full|sampled");
    assert_string_equal(row("exit")->text, "none|summary");
    assert_string_equal(row("on_error")->text, "auto|abort|report");
    assert_string_equal(row("quarantine")->text, "off|sample|all");
    assert_string_equal(row("fill")->text, "off|alloc|free|junk|zero");
    assert_string_equal(row("check")->text, "off|exit|headers");
    assert_string_equal(row("leaks")->text, "off|sites|blocks|reachable");
    assert_int_equal(parse("leaks=reachable"), 0);
    assert_int_equal(options.leaks, MT_LEAKS_REACHABLE);
    assert_string_equal(row("guard_side")->text, "auto|right|left");
    assert_int_equal(parse("guard_side=left"), 0);
    assert_int_equal(options.guard_side, MT_GUARD_SIDE_LEFT);
    assert_int_equal(parse("check=exit"), 0);
    assert_int_equal(options.check, MT_CHECK_EXIT);
    assert_int_equal(parse("quarantine=sample,fill=free"), 0);
    assert_int_equal(options.quarantine, MT_QUARANTINE_SAMPLE);
    assert_int_equal(options.fill, MT_FILL_FREE);
    assert_int_equal(parse("quarantine=all,fill=zero"), 0);
    assert_int_equal(options.quarantine, MT_QUARANTINE_ALL);
    assert_int_equal(options.fill, MT_FILL_ZERO);
    assert_int_equal(parse("preset=test,stack=full,exit=summary,on_error=report"), 0);
    assert_int_equal(options.preset, MT_PRESET_TEST);
    assert_int_equal(options.stack, MT_STACK_FULL);
    assert_int_equal(parse("stack=sampled,sample=64K"), 0);
    assert_int_equal(options.stack, MT_STACK_SAMPLED);
    assert_int_equal(options.sample, 65536);
    assert_int_equal(options.exit, MT_EXIT_SUMMARY);
    assert_int_equal(options.on_error, MT_ON_ERROR_REPORT);
}

static void booleans_have_words_and_a_bare_key_means_true(void **state) {
    (void)state;
    static const char *const yes[] = {"off", "off=1", "off=true", "off=yes", "off=on"};
    static const char *const no[] = {"off=0", "off=false", "off=no", "off=off"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        options.off = false;
        assert_int_equal(parse(yes[i]), 0);
        assert_true(options.off);
    }
    for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
        options.off = true;
        assert_int_equal(parse(no[i]), 0);
        assert_false(options.off);
    }
}

static void sizes_take_suffixes_and_plain_numbers_do_not(void **state) {
    (void)state;
    assert_int_equal(parse("max_dump_bytes=65536"), 0);
    assert_int_equal(options.max_dump_bytes, 65536);
    assert_int_equal(parse("max_dump_bytes=100K"), 0);
    assert_int_equal(options.max_dump_bytes, 100 << 10);
    assert_int_equal(parse("max_dump_bytes=3m"), 0);
    assert_int_equal(options.max_dump_bytes, 3 << 20);
    assert_int_equal(parse("max_dump_bytes=2G"), 0);
    assert_true(options.max_dump_bytes == UINT64_C(2) << 30);
    refused("frames=1K", "frames");
}

static void ranges_include_their_ends(void **state) {
    (void)state;
    assert_int_equal(parse("frames=8"), 0);
    assert_int_equal(options.frames, 8);
    assert_int_equal(parse("frames=512"), 0);
    assert_int_equal(options.frames, 512);
    refused("frames=7", "frames");
    refused("frames=513", "frames");
    refused("max_metadata=4194303", "max_metadata");
    refused("max_metadata=5G", "max_metadata");
}

static void bad_numbers_keep_the_earlier_value(void **state) {
    (void)state;
    static const char *const bad[] = {
        "frames=",
        "frames",
        "frames=-64",
        "frames=+64",
        "frames=6 4",
        "frames=0x40",
        "frames=64.",
        "frames= 64",
        "frames=18446744073709551680", /* 64 after an overflow */
        "frames=99999999999999999999999999"};
    assert_int_equal(parse("frames=100"), 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refused(bad[i], "frames");
    refused("max_dump_bytes=K", "max_dump_bytes");
    refused("max_dump_bytes=1T", "max_dump_bytes");
    refused("max_dump_bytes=1KK", "max_dump_bytes");
    refused("max_dump_bytes=17179869185G",
            "max_dump_bytes"); /* 2^34 + 1: 1 G after overflow */
    assert_int_equal(options.frames, 100);
}

static void limits_name_their_actions(void **state) {
    (void)state;
    static const char *const bad[] = {
        "signal",    "signal:",     "signal:none", "signal:9", "signal:11",
        "signal:65", "signal:HUP",  "log+",        "+log",     "call",
        "log++dump", "log+signal:", "signal:-1"};
    assert_int_equal(parse("limit_action=log+signal:USR2+dump+abort"), 0);
    assert_string_equal(options.limit_action, "log+signal:USR2+dump+abort");
    assert_int_equal(parse("limit_action=signal:64"), 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[64];
        snprintf(text, sizeof text, "limit_action=%s", bad[i]);
        assert_int_equal(parse(text), 1);
        assert_ptr_equal(seen.option, row("limit_action"));
    }
    refused("limit_rate_s=0", "limit_rate_s");
    refused("limit_rate_s=3601", "limit_rate_s");
}

static void bad_words_keep_the_earlier_value(void **state) {
    (void)state;
    refused("off=2", "off");
    refused("off=", "off");
    refused("off=TRUE", "off");
    refused("stack=ful", "stack");
    refused("stack=fully", "stack");
    refused("stack=", "stack");
    refused("stack", "stack");
    refused("stack=off|caller", "stack");
    refused("stack=2", "stack");
    refused("preset=tests", "preset");
}

static void unknown_names_are_problems_without_an_option(void **state) {
    (void)state;
    static const char *const bad[] = {"of=1", "offf", "=1", "Frames=64", "frames =64", "="};
    static const char *const name[] = {"of", "offf", "", "Frames", "frames ", ""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct mt_options before = options;
        assert_int_equal(parse(bad[i]), 1);
        assert_null(seen.option);
        assert_string_equal(seen.name, name[i]);
        assert_memory_equal(&before, &options, sizeof before);
    }
}

static void a_problem_does_not_stop_what_follows(void **state) {
    (void)state;
    assert_int_equal(parse("frames=9999,what,frames=32,exit=summary,dir"), 3);
    assert_int_equal(options.frames, 32);
    assert_int_equal(options.exit, MT_EXIT_SUMMARY);
    assert_int_equal(mt_options_parse(&options, "what,frames=16", NULL, NULL), 1);
    assert_int_equal(options.frames, 16);
}

static void empty_items_are_ignored(void **state) {
    (void)state;
    assert_int_equal(parse(""), 0);
    assert_int_equal(parse(","), 0);
    assert_int_equal(parse(",,frames=32,,exit=summary,"), 0);
    assert_int_equal(options.frames, 32);
    assert_int_equal(options.exit, MT_EXIT_SUMMARY);
}

static void texts_may_hold_equals_signs_but_not_grow_too_long(void **state) {
    (void)state;
    char text[MT_OPTION_TEXT_MAX + 16] = "dir=";
    assert_int_equal(parse("dir=/a=b"), 0);
    assert_string_equal(options.dir, "/a=b");
    assert_int_equal(parse("dir="), 0);
    assert_string_equal(options.dir, "");
    memset(text + 4, 'd', MT_OPTION_TEXT_MAX - 1);
    assert_int_equal(parse(text), 0);
    assert_int_equal(strlen(options.dir), MT_OPTION_TEXT_MAX - 1);
    text[4 + MT_OPTION_TEXT_MAX - 1] = 'd';
    refused(text, "dir");
    refused("dir", "dir");
}

static void a_shorter_text_replaces_a_longer_one(void **state) {
    (void)state;
    assert_int_equal(parse("dir=/long/path,dir=/p"), 0);
    assert_string_equal(options.dir, "/p");
}

static void signals_have_names_or_numbers(void **state) {
    (void)state;
    static const char *const good[] = {"USR1", "USR2", "none", "10", "34", "64", "1"};
    static const char *const bad[] = {"",   "usr1", "SIGUSR1",    "0",  "9",
                                      "19", "11",   "32",         "33", "65",
                                      "-1", "1K",   "99999999999"};
    char text[64];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        snprintf(text, sizeof text, "signal=%s", good[i]);
        assert_int_equal(parse(text), 0);
        assert_string_equal(options.signal, good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(text, sizeof text, "signal=%s", bad[i]);
        refused(text, "signal");
    }
}

static void a_recipient_is_64_hexadecimal_digits(void **state) {
    (void)state;
    char key[65], option[128];
    memset(key, 'a', 64);
    key[64] = '\0';
    snprintf(option, sizeof option, "recipient=%s", key);
    assert_int_equal(parse(option), 0);
    assert_int_equal(parse("recipient="), 0);
    memset(option + strlen("recipient="), '0', 64);
    refused(option, "recipient");
    option[strlen(option) - 1] = '1';
    assert_int_equal(parse(option), 0);
    option[strlen(option) - 1] = 'g';
    refused(option, "recipient");
    option[strlen(option) - 1] = 'A';
    refused(option, "recipient");
    option[strlen(option) - 1] = '\0';
    refused(option, "recipient");
}

static void guard_takes_a_number_or_a_word(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint64_t number;
    } good[] = {{"guard=off", MT_GUARD_OFF},
                {"guard=1", 1},
                {"guard=4294967295", UINT32_MAX},
                {"guard=all", MT_GUARD_ALL}};
    static const char *const bad[] = {"",   "0",     "-1", "4294967296",          "al",
                                      "1K", "allof", "on", "99999999999999999999"};
    char text[64];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        uint64_t number = 7;
        assert_int_equal(parse(good[i].text), 0);
        assert_true(mt_option_read_guard(options.guard, strlen(options.guard), &number));
        assert_true(number == good[i].number);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(text, sizeof text, "guard=%s", bad[i]);
        refused(text, "guard");
    }
}

static void log_destinations_are_checked(void **state) {
    (void)state;
    static const char *const good[] = {"stderr", "none",   "fd:0",
                                       "fd:123", "syslog", "file:/x"};
    static const char *const bad[] = {"",     "stdout",        "fd:",   "fd:-1",
                                      "fd:x", "fd:2147483648", "file:", "syslogs"};
    char text[64];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        snprintf(text, sizeof text, "log=%s", good[i]);
        assert_int_equal(parse(text), 0);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(text, sizeof text, "log=%s", bad[i]);
        refused(text, "log");
    }
}

static void explicit_options_win_over_the_preset_in_any_order(void **state) {
    (void)state;
    assert_int_equal(parse("on_error=report"), 0);
    assert_int_equal(parse("preset=test"), 0);
    assert_int_equal(options.on_error, MT_ON_ERROR_ABORT);
    assert_int_equal(options.quarantine, MT_QUARANTINE_ALL);
    assert_int_equal(options.fill, MT_FILL_JUNK);
    assert_int_equal(options.check, MT_CHECK_HEADERS);
    assert_int_equal(options.leaks, MT_LEAKS_SITES);
    assert_int_equal(parse("preset=test,leaks=off"), 0);
    assert_int_equal(options.leaks, MT_LEAKS_OFF);
    assert_int_equal(parse("fill=off,preset=test"), 0);
    assert_int_equal(options.fill, MT_FILL_OFF);
    assert_int_equal(parse("on_error=report,preset=test"), 0);
    assert_int_equal(options.on_error, MT_ON_ERROR_REPORT);
    assert_int_equal(parse("preset=test,on_error=report"), 0);
    assert_int_equal(options.on_error, MT_ON_ERROR_REPORT);
    assert_string_equal(options.guard, "off");
    assert_int_equal(parse("quarantine=sample,preset=guard"), 0);
    assert_string_equal(options.guard, "all");
    assert_int_equal(options.quarantine, MT_QUARANTINE_SAMPLE);
    assert_int_equal(options.check, MT_CHECK_HEADERS);
    assert_int_equal(parse("preset=guard,guard=off"), 0);
    assert_string_equal(options.guard, "off");
}

/* Last: the page stays read-only. */
static void sealed_options_are_in_force_and_read_only(void **state) {
    (void)state;
    int status;
    assert_int_equal(parse("frames=77,dir=/sealed"), 0);
    mt_options_seal(&options);
    assert_int_equal(mt_options->frames, 77);
    assert_string_equal(mt_options->dir, "/sealed");
    pid_t child = fork();
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL);
        ((volatile struct mt_options *)(uintptr_t)mt_options)->frames = 1;
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSEGV);
}

#define TEST(name) cmocka_unit_test_setup(name, start)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(defaults_are_those_of_the_table),
        TEST(the_names_scripts_lean_on_are_there),
        TEST(every_type_is_read),
        TEST(enum_constants_stand_at_their_places),
        TEST(booleans_have_words_and_a_bare_key_means_true),
        TEST(sizes_take_suffixes_and_plain_numbers_do_not),
        TEST(ranges_include_their_ends),
        TEST(bad_numbers_keep_the_earlier_value),
        TEST(bad_words_keep_the_earlier_value),
        TEST(limits_name_their_actions),
        TEST(unknown_names_are_problems_without_an_option),
        TEST(a_problem_does_not_stop_what_follows),
        TEST(empty_items_are_ignored),
        TEST(texts_may_hold_equals_signs_but_not_grow_too_long),
        TEST(a_shorter_text_replaces_a_longer_one),
        TEST(signals_have_names_or_numbers),
        TEST(log_destinations_are_checked),
        TEST(a_recipient_is_64_hexadecimal_digits),
        TEST(guard_takes_a_number_or_a_word),
        TEST(explicit_options_win_over_the_preset_in_any_order),
        TEST(sealed_options_are_in_force_and_read_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
