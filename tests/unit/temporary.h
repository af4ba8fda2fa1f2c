/* A directory of a test's own, and what is in it. */
#ifndef MT_TESTS_TEMPORARY_H
#define MT_TESTS_TEMPORARY_H

#include <stddef.h>

/* Makes an empty directory, mode 0700, and returns its path (static). */
const char *temporary_make(void);

/* How many entries it has, hidden ones included; the last one's name in `name` (may be
 * NULL), of 256 bytes. */
unsigned temporary_entries(const char *path, char *name);

/* Removes it with the files in it. */
void temporary_remove(const char *path);

#endif
