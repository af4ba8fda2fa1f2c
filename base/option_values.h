/* Reading single option values. They are not NUL-terminated and come from outside. All of
 * these leave *out alone when they return false. MT_SIGNAL_SAFE. */
#ifndef MT_BASE_OPTION_VALUES_H
#define MT_BASE_OPTION_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 1, true, yes, on or 0, false, no, off. */
bool mt_option_read_bool(const char *value, size_t length, bool *out);

/* Decimal digits; with `suffixes` one K, M or G (powers of 1024, either case) may follow.
 */
bool mt_option_read_number(const char *value, size_t length, bool suffixes, uint64_t *out);

/* The place of `value` in "a|b|c". */
bool mt_option_read_enum(const char *values, const char *value, size_t length,
                         uint32_t *out);

/* True if the text option `name` may have this value: some have a form of their own. */
bool mt_option_text_fits(const char *name, const char *value, size_t length);

/* A value of option `signal`: USR1, USR2 or a number; 0 for none. Signals that report
 * faults, cannot be caught or belong to the C library are no values. */
bool mt_option_read_signal(const char *value, size_t length, int *out);

/* A value of option `log`: a descriptor number; stderr is 2. Or one of these. */
enum { MT_LOG_TO_NONE = -1, MT_LOG_TO_SYSLOG = -2, MT_LOG_TO_FILE = -3 };
#define MT_LOG_FILE_PREFIX "file:"

bool mt_option_read_log(const char *value, size_t length, int *out);

/* A value of option `guard`: off, a number from 1 on, or all. */
#define MT_GUARD_OFF UINT64_C(0)
#define MT_GUARD_ALL UINT64_MAX
bool mt_option_read_guard(const char *value, size_t length, uint64_t *out);

/* False for a number that option `signal` refuses. */
bool mt_option_signal_fits(uint64_t number);

/* Values of option limit_action, joined by '+': at least one, none that is unknown. The
 * number of a signal is in the bits from MT_LIMIT_SIGNAL_SHIFT on. */
enum { MT_LIMIT_LOG = 1, MT_LIMIT_DUMP = 2, MT_LIMIT_ABORT = 4 };
#define MT_LIMIT_SIGNAL_SHIFT 8
bool mt_option_read_actions(const char *value, size_t length, unsigned *out);

#endif
