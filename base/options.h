/* The library's options: parsed once, then sealed read-only. */
#ifndef MT_BASE_OPTIONS_H
#define MT_BASE_OPTIONS_H

#include "base/attr.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MT_OPTION_TEXT_MAX 256

/* One field per row of options.def, named as the option. */
struct mt_options {
#define OPT_BOOL(name, def, help)           bool name;
#define OPT_UINT(name, def, min, max, help) uint64_t name;
#define OPT_SIZE(name, def, min, max, help) uint64_t name;
#define OPT_ENUM(name, def, values, help)   uint32_t name;
#define OPT_TEXT(name, def, help)           char name[MT_OPTION_TEXT_MAX];
#include "base/options.def"
#undef OPT_BOOL
#undef OPT_UINT
#undef OPT_SIZE
#undef OPT_ENUM
#undef OPT_TEXT
    bool require_encryption; /* no options: the host's policy says so (base/policy.h) */
    bool no_control;
    bool dir_fixed; /* nor this: files go to `dir` and nowhere else */
};

enum mt_option_type { MT_OPT_BOOL, MT_OPT_UINT, MT_OPT_SIZE, MT_OPT_ENUM, MT_OPT_TEXT };

/* The table as data: for help, manual page and tests. */
struct mt_option_info {
    const char *name;
    enum mt_option_type type;
    uint64_t initial, min, max; /* default; range of numbers */
    const char *text;           /* default of texts; "a|b|c" of enums */
    const char *help;
    size_t offset; /* in struct mt_options */
};
extern const struct mt_option_info mt_option_table[];
extern const size_t mt_option_count;

/* Values of enums that code compares with. */
enum { MT_PRESET_PRODUCTION, MT_PRESET_TEST, MT_PRESET_GUARD };
enum { MT_STACK_OFF, MT_STACK_CALLER, MT_STACK_FULL, MT_STACK_SAMPLED };
enum { MT_EXIT_NONE, MT_EXIT_SUMMARY };
enum { MT_PRIVACY_STANDARD, MT_PRIVACY_STRICT };
enum { MT_SANDBOX_HEED, MT_SANDBOX_IGNORE };
enum { MT_DONTDUMP_NONE, MT_DONTDUMP_HEAP };
enum { MT_ON_ERROR_AUTO, MT_ON_ERROR_ABORT, MT_ON_ERROR_REPORT };
enum { MT_QUARANTINE_OFF, MT_QUARANTINE_SAMPLE, MT_QUARANTINE_ALL };
enum { MT_GUARD_SIDE_AUTO, MT_GUARD_SIDE_RIGHT, MT_GUARD_SIDE_LEFT };
enum { MT_CHECK_OFF, MT_CHECK_EXIT, MT_CHECK_HEADERS };
enum { MT_LEAKS_OFF, MT_LEAKS_SITES, MT_LEAKS_BLOCKS, MT_LEAKS_REACHABLE };
enum { MT_FILL_OFF, MT_FILL_ALLOC, MT_FILL_FREE, MT_FILL_JUNK, MT_FILL_ZERO };

/* What an option takes, as "8..512", "a|b" or "0|1", in `room` bytes; NULL: any text. */
const char *mt_option_allowed(const struct mt_option_info *option, char *text, size_t room);

/* Sets every field to its default. MT_SIGNAL_SAFE. */
void mt_options_default(struct mt_options *options);

/* What was wrong with one option. `name` is not NUL-terminated and comes from outside. */
struct mt_option_problem {
    const char *name;
    size_t name_length;
    const struct mt_option_info *option; /* NULL: no such option */
};

/*
 * Applies "key=value,key=value" (a bare key means key=1 for booleans; preset= is applied
 * first, so that explicit options win over it). Unknown keys and bad values keep what was
 * there and are handed to `problem` (may be NULL). Returns the number of problems.
 * Takes no memory, no lock. MT_SIGNAL_SAFE.
 */
unsigned mt_options_parse(struct mt_options *options, const char *text,
                          void (*problem)(const struct mt_option_problem *, void *),
                          void *context);

/* The options in force: defaults until mt_options_seal(). Read-only to everybody else. */
extern MT_HIDDEN const struct mt_options *const mt_options;

/* Copies `options` into place and makes the page read-only. Called once, from init. */
void mt_options_seal(const struct mt_options *options);

#endif
