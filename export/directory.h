/* The directory that summaries go to: found, checked, opened. Used by export/files.c. */
#ifndef MT_EXPORT_DIRECTORY_H
#define MT_EXPORT_DIRECTORY_H

#include "export/files.h"

/* Opens the directory for one file: its descriptor in *fd, borrowed or to be closed.
 * MT_SIGNAL_SAFE. */
enum mt_dir_problem mt_directory_open(int *fd, bool *borrowed);

#endif
