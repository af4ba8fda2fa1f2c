/* The writer of all text that leaves: numbers, JSON strings, buffers. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/out.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static char buffer[256];
static struct mt_out out;

static int start(void **state) {
    (void)state;
    memset(buffer, 'x', sizeof buffer);
    mt_out_init(&out, -1, buffer, sizeof buffer);
    return 0;
}

static void expect(const char *text) {
    assert_int_equal(out.used, strlen(text));
    assert_memory_equal(buffer, text, strlen(text));
    out.used = 0;
}

static void numbers_have_no_sign_padding_or_grouping(void **state) {
    (void)state;
    mt_out_u64(&out, 0);
    expect("0");
    mt_out_u64(&out, UINT64_MAX);
    expect("18446744073709551615");
    mt_out_i64(&out, -1);
    expect("-1");
    mt_out_i64(&out, INT64_MIN);
    expect("-9223372036854775808");
    mt_out_i64(&out, INT64_MAX);
    expect("9223372036854775807");
}

static void hex_is_padded_with_zeros_to_the_least_digits(void **state) {
    (void)state;
    mt_out_hex(&out, 0, 1);
    expect("0");
    mt_out_hex(&out, 0xab, 1);
    expect("ab");
    mt_out_hex(&out, 0xab, 16);
    expect("00000000000000ab");
    mt_out_hex(&out, UINT64_MAX, 2);
    expect("ffffffffffffffff");
    mt_out_hex(&out, 7, 40);
    expect("0000000000000007");
}

static void json(const char *text, size_t most, const char *wanted) {
    mt_out_json(&out, text, most);
    expect(wanted);
}

static void json_escapes_what_json_must_escape(void **state) {
    (void)state;
    json("plain", SIZE_MAX, "\"plain\"");
    json("", SIZE_MAX, "\"\"");
    json("a\"b\\c", SIZE_MAX, "\"a\\\"b\\\\c\"");
    json("\n\t\x01\x1f\x7f", SIZE_MAX, "\"\\u000a\\u0009\\u0001\\u001f\\u007f\"");
}

static void json_stops_at_the_end_or_at_the_most(void **state) {
    (void)state;
    char unterminated[4] = {'a', 'b', 'c', 'd'};
    json(unterminated, 4, "\"abcd\"");
    json("abcdef", 3, "\"abc\"");
    json("ab", 100, "\"ab\"");
}

static void json_keeps_utf8_and_replaces_what_is_not(void **state) {
    (void)state;
    json("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", SIZE_MAX,
         "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
    json("\xff\x80", SIZE_MAX, "\"??\"");
    json("\xc0\xaf", SIZE_MAX, "\"??\"");           /* overlong '/' */
    json("\xe0\x80\xaf", SIZE_MAX, "\"???\"");      /* overlong */
    json("\xed\xa0\x80", SIZE_MAX, "\"???\"");      /* surrogate */
    json("\xf4\x90\x80\x80", SIZE_MAX, "\"????\""); /* beyond U+10FFFF */
    json("\xe2\x82\xac", 2, "\"??\"");              /* cut by the most */
    json("a\xe2\x82z", SIZE_MAX, "\"a??z\"");
}

static void what_does_not_fit_without_a_file_is_dropped(void **state) {
    (void)state;
    char little[4];
    mt_out_init(&out, -1, little, sizeof little);
    mt_out_text(&out, "abcdef");
    mt_out_flush(&out);
    assert_int_equal(out.used, 4);
    assert_memory_equal(little, "abcd", 4);
    assert_int_equal(out.error, 0);
}

struct seen {
    char text[64];
    size_t length;
};

static void see(void *context, const char *bytes, size_t length) {
    struct seen *seen = context;
    memcpy(seen->text + seen->length, bytes, length);
    seen->length += length;
}

static void a_full_buffer_goes_to_the_file_and_to_on_flush(void **state) {
    (void)state;
    char little[4], got[16] = {0};
    struct seen seen = {{0}, 0};
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    mt_out_init(&out, ends[1], little, sizeof little);
    out.on_flush = see;
    out.context = &seen;
    mt_out_text(&out, "abcdefghij");
    mt_out_flush(&out);
    assert_int_equal(read(ends[0], got, sizeof got), 10);
    assert_string_equal(got, "abcdefghij");
    assert_string_equal(seen.text, "abcdefghij");
    assert_int_equal(out.written, 10);
    close(ends[0]);
    close(ends[1]);
}

static void the_first_error_is_kept_and_errno_untouched(void **state) {
    (void)state;
    char little[4];
    int full = open("/dev/full", O_WRONLY);
    assert_true(full >= 0);
    errno = 0;
    mt_out_init(&out, full, little, sizeof little);
    mt_out_text(&out, "abcdefghij");
    assert_int_equal(out.error, -ENOSPC);
    out.fd = 1000000;
    mt_out_text(&out, "abcdefghij");
    mt_out_flush(&out);
    assert_int_equal(out.error, -ENOSPC);
    assert_int_equal(out.written, 0);
    assert_int_equal(errno, 0);
    close(full);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(numbers_have_no_sign_padding_or_grouping, start),
        cmocka_unit_test_setup(hex_is_padded_with_zeros_to_the_least_digits, start),
        cmocka_unit_test_setup(json_escapes_what_json_must_escape, start),
        cmocka_unit_test_setup(json_stops_at_the_end_or_at_the_most, start),
        cmocka_unit_test_setup(json_keeps_utf8_and_replaces_what_is_not, start),
        cmocka_unit_test(what_does_not_fit_without_a_file_is_dropped),
        cmocka_unit_test(a_full_buffer_goes_to_the_file_and_to_on_flush),
        cmocka_unit_test(the_first_error_is_kept_and_errno_untouched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
