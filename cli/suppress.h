/*
 * Which leaks are not to be counted: lines "leak:PATTERN", as LeakSanitizer has them. A
 * pattern is found anywhere in the name of a function (inlined ones too), a source file or
 * a module of the stack that allocated; `*` stands for any text, `^` and `$` for a name's
 * beginning and end. Lines that begin with `#` and empty ones say nothing.
 */
#ifndef MT_CLI_SUPPRESS_H
#define MT_CLI_SUPPRESS_H

#include "cli/symbols.h"

struct mt_suppressions;

/* Adds the lines of a file to *list, NULL for a new one. False: it cannot be read, or a
 * line is something else, which has been said. */
bool mt_suppressions_read(struct mt_suppressions **list, const char *path);
void mt_suppressions_free(struct mt_suppressions *list);

/* True if a pattern of `list`, which may be NULL, matches the stack from `frame` outwards,
 * or if it is of the C and C++ runtimes' own that they keep to the end: that list is built
 * in.
 */
bool mt_suppressed(const struct mt_suppressions *list, const struct mt_model *model,
                   struct mt_symbols *symbols, uint32_t frame);

/* True if a text matches a pattern. */
bool mt_suppress_match(const char *pattern, const char *text);

#endif
