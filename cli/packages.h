/* Debian's file lists: which package installed a file, and where. */
#ifndef MT_CLI_PACKAGES_H
#define MT_CLI_PACKAGES_H

#include <stddef.h>

/* Calls `found` for every installed file whose base name is one of `names`. */
void mt_packages_scan(const char *const *names, size_t count,
                      void (*found)(void *context, size_t name, const char *package,
                                    const char *path),
                      void *context);

/* The package that brings debug information for `package`; a new text. */
char *mt_packages_debug(const char *package);

#endif
