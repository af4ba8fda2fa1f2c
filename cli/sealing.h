/* Who a summary that the command writes is sealed for. */
#ifndef MT_CLI_SEALING_H
#define MT_CLI_SEALING_H

#include "track/region.h"
#include <stdbool.h>

/* A key from the command line. False if it is none. */
bool mt_sealing_recipient(const char *key);

/* The host's recipient; else what the command line named; else what the process chose. */
void mt_sealing_for(const struct mt_region *region);

/* False, and says so, if files are to be sealed and this build of the command cannot. */
bool mt_sealing_possible(void);

/* What commands that need libsodium say without it. */
int mt_sealing_absent(void);

#endif
