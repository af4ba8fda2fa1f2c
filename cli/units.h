/* Which compilation unit covers an address. */
#ifndef MT_CLI_UNITS_H
#define MT_CLI_UNITS_H

#include <elfutils/libdwfl.h>

struct mt_units;

struct mt_units *mt_units_new(Dwfl_Module *module);
/* NULL if none; `bias` is what to take from the address before asking the unit. */
Dwarf_Die *mt_units_at(struct mt_units *units, Dwarf_Addr address, Dwarf_Addr *bias);
void mt_units_free(struct mt_units *units);

#endif
