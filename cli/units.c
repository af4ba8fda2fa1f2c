#include "cli/units.h"

#include "cli/say.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/* clang and rustc write no .debug_aranges, which libdwfl looks units up by: a table of the
 * units' own ranges stands in for it. */
struct range {
    Dwarf_Addr low, high;
    Dwarf_Die *unit;
    Dwarf_Addr bias;
};

struct mt_units {
    Dwfl_Module *module;
    bool built;
    struct range *ranges;
    uint32_t count;
};

struct mt_units *mt_units_new(Dwfl_Module *module) {
    struct mt_units *units = mt_alloc(1, sizeof *units);
    units->module = module;
    return units;
}

static int by_low(const void *a, const void *b) {
    const struct range *x = a, *y = b;
    return x->low < y->low ? -1 : x->low > y->low;
}

static void build(struct mt_units *units) {
    Dwarf_Die *unit = NULL;
    Dwarf_Addr bias, base, low, high;
    units->built = true;
    while ((unit = dwfl_module_nextcu(units->module, unit, &bias)) != NULL) {
        ptrdiff_t at = 0;
        while ((at = dwarf_ranges(unit, at, &base, &low, &high)) > 0) {
            if (low >= high)
                continue;
            mt_grow(units->ranges, units->count);
            units->ranges[units->count++] =
                (struct range){low + bias, high + bias, unit, bias};
        }
    }
    if (units->count > 0)
        qsort(units->ranges, units->count, sizeof *units->ranges, by_low);
}

Dwarf_Die *mt_units_at(struct mt_units *units, Dwarf_Addr address, Dwarf_Addr *bias) {
    Dwarf_Die *unit = dwfl_module_addrdie(units->module, address, bias);
    if (unit != NULL)
        return unit;
    if (!units->built)
        build(units);
    uint32_t low = 0, high = units->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct range *range = &units->ranges[middle];
        if (address < range->low) {
            high = middle;
        } else if (address >= range->high) {
            low = middle + 1;
        } else {
            *bias = range->bias;
            return range->unit;
        }
    }
    return NULL;
}

void mt_units_free(struct mt_units *units) {
    free(units->ranges);
    free(units);
}
