/* The directory that summaries go to: found, checked, opened. Used by export/files.c. */
#ifndef MT_EXPORT_DIRECTORY_H
#define MT_EXPORT_DIRECTORY_H

#include "export/files.h"

/* Opens the directory for one file: its descriptor in *fd, borrowed or to be closed.
 * MT_SIGNAL_SAFE. */
enum mt_dir_problem mt_directory_open(int *fd, bool *borrowed);

/* The directory that the first `length` bytes of `path` name, with a slash at their end, or
 * the working directory: checked as others are. MT_SIGNAL_SAFE. */
enum mt_dir_problem mt_directory_open_at(const char *path, size_t length, int *fd);

/* True if it is the one that files go to. MT_SIGNAL_SAFE. */
bool mt_directory_is(int fd);

#endif
