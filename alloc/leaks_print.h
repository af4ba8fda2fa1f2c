/* What a look for leaks has put into the region, for the log. */
#ifndef MT_ALLOC_LEAKS_PRINT_H
#define MT_ALLOC_LEAKS_PRINT_H

#include "track/region.h"

/* A bounded number of sites and blocks, and a line for the whole. Nothing where there is
 * nothing but what the C and C++ runtimes keep. MT_SIGNAL_SAFE. */
void mt_leaks_print(const struct mt_leak_sums *sums);

#endif
