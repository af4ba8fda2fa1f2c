#include "base/option_values.h"

#include <limits.h>
#include <signal.h>
#include <string.h>

static bool equals(const char *value, size_t length, const char *text) {
    return strlen(text) == length && memcmp(value, text, length) == 0;
}

bool mt_option_read_bool(const char *value, size_t length, bool *out) {
    static const char words[][6] = {"0", "1", "false", "true", "no", "yes", "off", "on"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (equals(value, length, words[i])) {
            *out = i % 2;
            return true;
        }
    }
    return false;
}

static unsigned suffix_shift(char suffix) {
    switch (suffix) {
    case 'k':
    case 'K':
        return 10;
    case 'm':
    case 'M':
        return 20;
    case 'g':
    case 'G':
        return 30;
    default:
        return 0;
    }
}

bool mt_option_read_number(const char *value, size_t length, bool suffixes, uint64_t *out) {
    unsigned shift = suffixes && length ? suffix_shift(value[length - 1]) : 0;
    uint64_t number = 0;
    if (shift)
        length--;
    if (!length)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (value[i] < '0' || value[i] > '9' ||
            __builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, (uint64_t)(value[i] - '0'), &number))
            return false;
    }
    if (number > UINT64_MAX >> shift)
        return false;
    *out = number << shift;
    return true;
}

bool mt_option_read_enum(const char *values, const char *value, size_t length,
                         uint32_t *out) {
    for (uint32_t index = 0;; index++) {
        size_t one = strcspn(values, "|");
        if (one == length && memcmp(values, value, length) == 0) {
            *out = index;
            return true;
        }
        if (!values[one])
            return false;
        values += one + 1;
    }
}

bool mt_option_signal_fits(uint64_t number) {
    switch (number) {
    case SIGILL:
    case SIGTRAP:
    case SIGABRT:
    case SIGBUS:
    case SIGFPE:
    case SIGKILL:
    case SIGSEGV:
    case SIGSTOP:
    case SIGSYS:
    case 32: /* the C library's: thread cancellation */
    case 33: /* and setuid() across threads */
        return false;
    default:
        return number >= 1 && number <= 64;
    }
}

bool mt_option_read_signal(const char *value, size_t length, int *out) {
    uint64_t number = 0;
    if (equals(value, length, "USR1"))
        number = SIGUSR1;
    else if (equals(value, length, "USR2"))
        number = SIGUSR2;
    else if (!equals(value, length, "none") &&
             (!mt_option_read_number(value, length, false, &number) ||
              !mt_option_signal_fits(number)))
        return false;
    *out = (int)number;
    return true;
}

bool mt_option_read_log(const char *value, size_t length, int *out) {
    uint64_t number;
    if (equals(value, length, "none"))
        *out = MT_LOG_TO_NONE;
    else if (equals(value, length, "syslog"))
        *out = MT_LOG_TO_SYSLOG;
    else if (length > sizeof MT_LOG_FILE_PREFIX - 1 &&
             memcmp(value, MT_LOG_FILE_PREFIX, sizeof MT_LOG_FILE_PREFIX - 1) == 0)
        *out = MT_LOG_TO_FILE;
    else if (equals(value, length, "stderr"))
        *out = 2;
    else if (length > 3 && memcmp(value, "fd:", 3) == 0 &&
             mt_option_read_number(value + 3, length - 3, false, &number) &&
             number <= INT_MAX)
        *out = (int)number;
    else
        return false;
    return true;
}

bool mt_option_read_guard(const char *value, size_t length, uint64_t *out) {
    uint64_t number = MT_GUARD_OFF;
    if (equals(value, length, "all"))
        number = MT_GUARD_ALL;
    else if (!equals(value, length, "off") &&
             (!mt_option_read_number(value, length, false, &number) || !number ||
              number > UINT32_MAX))
        return false;
    *out = number;
    return true;
}

/* Zero is no point to encrypt to, and stands for "no recipient" in a region. */
static bool is_key(const char *value, size_t length) {
    bool zero = true;
    for (size_t i = 0; i < length; i++) {
        zero = zero && value[i] == '0';
        if (!(value[i] >= '0' && value[i] <= '9') && !(value[i] >= 'a' && value[i] <= 'f'))
            return false;
    }
    return length == 0 || (length == 64 && !zero);
}

/* "signal:" and what option `signal` takes, but for none. */
static bool read_sent(const char *value, size_t length, unsigned *actions) {
    static const char prefix[] = "signal:";
    size_t before = sizeof prefix - 1;
    int number;
    if (length <= before || memcmp(value, prefix, before) != 0 ||
        !mt_option_read_signal(value + before, length - before, &number) || !number)
        return false;
    *actions &= (1u << MT_LIMIT_SIGNAL_SHIFT) - 1;
    *actions |= (unsigned)number << MT_LIMIT_SIGNAL_SHIFT;
    return true;
}

bool mt_option_read_actions(const char *value, size_t length, unsigned *out) {
    const char *end = value + length;
    unsigned actions = 0;
    for (const char *at = value;; at++) {
        uint32_t action;
        const char *plus = memchr(at, '+', (size_t)(end - at));
        size_t one = (size_t)((plus ? plus : end) - at);
        if (mt_option_read_enum("log|dump|abort", at, one, &action))
            actions |= 1u << action;
        else if (!read_sent(at, one, &actions))
            return false;
        at += one;
        if (at == end)
            break;
    }
    *out = actions;
    return true;
}
_Static_assert(MT_LIMIT_LOG == 1 && MT_LIMIT_DUMP == 2 && MT_LIMIT_ABORT == 4,
               "in the order of the names");

bool mt_option_text_fits(const char *name, const char *value, size_t length) {
    int ignored;
    unsigned actions;
    uint64_t number;
    if (strcmp(name, "guard") == 0)
        return mt_option_read_guard(value, length, &number);
    if (strcmp(name, "signal") == 0)
        return mt_option_read_signal(value, length, &ignored);
    if (strcmp(name, "log") == 0)
        return mt_option_read_log(value, length, &ignored);
    if (strcmp(name, "recipient") == 0)
        return is_key(value, length);
    if (strcmp(name, "limit_action") == 0)
        return mt_option_read_actions(value, length, &actions);
    return true;
}
