/* Blocks that the C and C++ runtimes keep to the end for themselves. */
#ifndef MT_ALLOC_LEAKS_RUNTIME_H
#define MT_ALLOC_LEAKS_RUNTIME_H

#include "track/region.h"
#include <stdbool.h>

/* No code of the program is on the stack that allocated. Where stacks are not whole nobody
 * can tell: false. MT_SIGNAL_SAFE. */
bool mt_leaks_of_runtime(const struct mt_leak *leak);

/* The buffer of a standard stream. */
bool mt_leaks_stream_buffer(const void *user);

#endif
