#include "cli/functions.h"

#include "cli/say.h"
#include <dwarf.h>
#include <search.h>
#include <stdint.h>
#include <stdlib.h>

#define DEPTH_MAX 64 /* of namespaces */

struct range {
    Dwarf_Addr low, high;
    Dwarf_Die function;
};

struct table {
    Dwarf_Off unit;
    struct range *ranges;
    uint32_t count;
};

struct mt_functions {
    void *tables; /* of tsearch() */
};

struct mt_functions *mt_functions_new(void) {
    return mt_alloc(1, sizeof(struct mt_functions));
}

static void add(struct table *table, Dwarf_Die *function) {
    Dwarf_Addr base, low, high;
    ptrdiff_t at = 0;
    while ((at = dwarf_ranges(function, at, &base, &low, &high)) > 0) {
        if (low >= high)
            continue;
        mt_grow(table->ranges, table->count);
        table->ranges[table->count++] = (struct range){low, high, *function};
    }
}

/* Other languages than C define functions within namespaces. */
static void collect(struct table *table, Dwarf_Die *scope, unsigned depth) {
    Dwarf_Die child;
    if (depth > DEPTH_MAX || dwarf_child(scope, &child) != 0)
        return;
    do {
        int tag = dwarf_tag(&child);
        if (tag == DW_TAG_subprogram)
            add(table, &child);
        else if (tag == DW_TAG_namespace || tag == DW_TAG_module)
            collect(table, &child, depth + 1);
    } while (dwarf_siblingof(&child, &child) == 0);
}

static int by_low(const void *a, const void *b) {
    const struct range *x = a, *y = b;
    return x->low < y->low ? -1 : x->low > y->low;
}

static int by_unit(const void *a, const void *b) {
    const struct table *x = a, *y = b;
    return x->unit < y->unit ? -1 : x->unit > y->unit;
}

static const struct table *table_of(struct mt_functions *functions, Dwarf_Die *unit) {
    struct table key = {.unit = dwarf_dieoffset(unit)};
    void *found = tfind(&key, &functions->tables, by_unit);
    if (found != NULL)
        return *(struct table **)found;
    struct table *table = mt_alloc(1, sizeof *table);
    *table = key;
    collect(table, unit, 0);
    if (table->count > 0)
        qsort(table->ranges, table->count, sizeof *table->ranges, by_low);
    tsearch(table, &functions->tables, by_unit);
    return table;
}

bool mt_functions_at(struct mt_functions *functions, Dwarf_Die *unit, Dwarf_Addr pc,
                     Dwarf_Die *function) {
    const struct table *table = table_of(functions, unit);
    uint32_t low = 0, high = table->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct range *range = &table->ranges[middle];
        if (pc < range->low) {
            high = middle;
        } else if (pc >= range->high) {
            low = middle + 1;
        } else {
            *function = range->function;
            return true;
        }
    }
    return false;
}

static void free_table(void *table) {
    free(((struct table *)table)->ranges);
    free(table);
}

void mt_functions_free(struct mt_functions *functions) {
    tdestroy(functions->tables, free_table);
    free(functions);
}
