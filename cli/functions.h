/* Which function of a compilation unit covers an address. */
#ifndef MT_CLI_FUNCTIONS_H
#define MT_CLI_FUNCTIONS_H

#include <elfutils/libdw.h>
#include <stdbool.h>

/* Tables of the units that were asked for: a walk over a unit for every address would cost
 * seconds where units are large. */
struct mt_functions;

struct mt_functions *mt_functions_new(void);

/* Sets *function to the outermost function around `pc`; false if there is none. */
bool mt_functions_at(struct mt_functions *functions, Dwarf_Die *unit, Dwarf_Addr pc,
                     Dwarf_Die *function);

void mt_functions_free(struct mt_functions *functions);

#endif
