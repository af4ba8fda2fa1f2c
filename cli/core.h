/* The region in a core. */
#ifndef MT_CLI_CORE_H
#define MT_CLI_CORE_H

#include "export/outside.h"

/* Copies it. Errors other than IO, whose errno is that of the call, have been said. */
enum mt_outside_error mt_core_read(const char *path, struct mt_outside *view);

#endif
