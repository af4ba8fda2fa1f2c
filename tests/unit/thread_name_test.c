/* Names of threads in a shard that anybody may have written. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "track/thread_name.h"
#include <string.h>

static struct mt_shard shard;

static int start(void **state) {
    (void)state;
    memset(&shard, 0, sizeof shard);
    return 0;
}

static void is(const char *wanted) {
    char name[MT_THREAD_NAME_MAX];
    mt_thread_name_read(&shard, name);
    assert_string_equal(name, wanted);
}

/* What a hostile process leaves there, all 32 bytes of it. */
static void plant(const char bytes[MT_THREAD_NAME_MAX]) {
    uint64_t word[MT_THREAD_NAME_MAX / 8];
    memcpy(word, bytes, sizeof word);
    for (unsigned i = 0; i < MT_THREAD_NAME_MAX / 8; i++)
        shard.name[i] = word[i];
}

static void a_name_is_read_as_it_was_set(void **state) {
    (void)state;
    is("");
    assert_true(mt_thread_name_set(&shard, "worker-1"));
    is("worker-1");
    assert_true(mt_thread_name_set(&shard, "1234567890123456789012345678901"));
    is("1234567890123456789012345678901");
    assert_true(mt_thread_name_set(&shard, "b"));
    is("b");
    mt_thread_name_clear(&shard);
    is("");
}

static void only_letters_digits_and_three_signs_fit(void **state) {
    (void)state;
    for (int c = 1; c < 256; c++) {
        char name[3] = {'a', (char)c, 0};
        bool fits = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                    (c >= 'a' && c <= 'z') || c == '_' || c == '.' || c == '-';
        assert_int_equal(mt_thread_name_fits(name), fits);
    }
    assert_false(mt_thread_name_fits(""));
    assert_true(mt_thread_name_fits("1234567890123456789012345678901"));
    assert_false(mt_thread_name_fits("12345678901234567890123456789012"));
}

static void what_is_no_name_is_not_read(void **state) {
    (void)state;
    char bytes[MT_THREAD_NAME_MAX + 1] = "Mr. Smith";
    plant(bytes);
    is("");
    memset(bytes, 'a', MT_THREAD_NAME_MAX); /* without an end */
    plant(bytes);
    is("");
    memcpy(bytes, "\"},{\"x\":\"", sizeof "\"},{\"x\":\"");
    plant(bytes);
    is("");
    memcpy(bytes, "good", sizeof "good");
    plant(bytes);
    is("good");
}

static void a_half_written_name_is_not_read(void **state) {
    (void)state;
    assert_true(mt_thread_name_set(&shard, "before"));
    shard.name_version |= 1;
    is("");
    assert_false(mt_thread_name_set(&shard, "handler")); /* that interrupts the writer */
    is("");
    mt_thread_name_clear(&shard); /* the next owner */
    is("");
    assert_true(mt_thread_name_set(&shard, "after"));
    is("after");
}

#define TEST(name) cmocka_unit_test_setup(name, start)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_name_is_read_as_it_was_set),
        TEST(only_letters_digits_and_three_signs_fit),
        TEST(what_is_no_name_is_not_read),
        TEST(a_half_written_name_is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
