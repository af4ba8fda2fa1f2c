#include "cli/scopes.h"

#include "cli/demangle.h"
#include "cli/functions.h"
#include "cli/say.h"
#include "cli/units.h"
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#define NESTED_MAX 64 /* functions inlined into each other */
#define TEXT_MAX   4096

struct mt_scopes {
    Dwfl *dwfl;
    Dwfl_Module *module;
    uint64_t base; /* of the first loaded segment, as libdwfl places it */
    struct mt_units *units;
    struct mt_functions *functions;
};

static bool read_base(struct mt_scopes *scopes) {
    GElf_Addr bias;
    Elf *elf = dwfl_module_getelf(scopes->module, &bias);
    size_t count;
    GElf_Phdr header;
    if (elf == NULL || elf_getphdrnum(elf, &count) != 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (gelf_getphdr(elf, (int)i, &header) == NULL || header.p_type != PT_LOAD)
            continue;
        scopes->base = bias + (header.p_vaddr & ~(uint64_t)4095);
        return true;
    }
    return false;
}

struct mt_scopes *mt_scopes_open(const char *path) {
    static const Dwfl_Callbacks callbacks = {
        .find_debuginfo = dwfl_standard_find_debuginfo,
        .section_address = dwfl_offline_section_address,
    };
    struct mt_scopes *scopes = mt_alloc(1, sizeof *scopes);
    scopes->dwfl = dwfl_begin(&callbacks);
    if (scopes->dwfl != NULL) {
        dwfl_report_begin(scopes->dwfl);
        scopes->module = dwfl_report_offline(scopes->dwfl, "", path, -1);
        dwfl_report_end(scopes->dwfl, NULL, NULL);
    }
    if (scopes->module == NULL || !read_base(scopes)) {
        mt_scopes_close(scopes);
        return NULL;
    }
    scopes->units = mt_units_new(scopes->module);
    scopes->functions = mt_functions_new();
    return scopes;
}

bool mt_scopes_debug(struct mt_scopes *scopes) {
    Dwarf_Addr bias;
    return dwfl_module_getdwarf(scopes->module, &bias) != NULL;
}

void mt_scopes_close(struct mt_scopes *scopes) {
    if (scopes->units != NULL)
        mt_units_free(scopes->units);
    if (scopes->functions != NULL)
        mt_functions_free(scopes->functions);
    if (scopes->dwfl != NULL)
        dwfl_end(scopes->dwfl);
    free(scopes);
}

/* The symbol that covers the address; a neighbour's name would be a wrong name. */
static const char *symbol_at(struct mt_scopes *scopes, Dwarf_Addr address) {
    GElf_Off offset;
    GElf_Sym symbol;
    const char *name =
        dwfl_module_addrinfo(scopes->module, address, &offset, &symbol, NULL, NULL, NULL);
    return name != NULL && (symbol.st_size == 0 || offset < symbol.st_size) ? name : NULL;
}

static const char *text_of(Dwarf_Die *die, unsigned name) {
    Dwarf_Attribute attribute;
    return dwarf_formstring(dwarf_attr_integrate(die, name, &attribute));
}

static bool is_mangled(const char *name) {
    return name != NULL && name[0] == '_' && (name[1] == 'Z' || name[1] == 'R');
}

/* A mangled name says most; C's linkage names are the compiler's or the library's aliases.
 */
static char *function_name(Dwarf_Die *die, const char *symbol) {
    const char *linkage = text_of(die, DW_AT_linkage_name);
    const char *name = text_of(die, DW_AT_name);
    bool concrete = dwarf_tag(die) == DW_TAG_subprogram;
    const char *best = is_mangled(linkage)              ? linkage
                       : concrete && is_mangled(symbol) ? symbol
                       : name != NULL                   ? name
                       : concrete                       ? symbol
                                                        : NULL;
    return best != NULL ? mt_demangle(best) : NULL;
}

static struct mt_place *add(struct mt_places *places) {
    mt_grow(places->at, places->count);
    struct mt_place *place = &places->at[places->count++];
    *place = (struct mt_place){0};
    return place;
}

static void set_line(struct mt_place *place, const char *file, unsigned line) {
    place->file = file != NULL && line > 0 ? mt_text_clean(file, TEXT_MAX) : NULL;
    place->line = line;
}

/* Where an inlined function was called: the line of the place around it. */
static void set_call(struct mt_place *place, Dwarf_Die *inlined, Dwarf_Die *unit) {
    Dwarf_Attribute attribute;
    Dwarf_Word file = 0, line = 0;
    Dwarf_Files *files;
    size_t count;
    dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attribute), &file);
    dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attribute), &line);
    if (dwarf_getsrcfiles(unit, &files, &count) == 0 && file < count)
        set_line(place, dwarf_filesrc(files, file, NULL, NULL), (unsigned)line);
}

/* Functions that were inlined around `pc` below `die`, the outermost first. */
static uint32_t descend(Dwarf_Die *die, Dwarf_Addr pc, Dwarf_Die *chain, uint32_t count,
                        unsigned depth) {
    Dwarf_Die child;
    if (depth > 4 * NESTED_MAX || count >= NESTED_MAX || dwarf_child(die, &child) != 0)
        return count;
    do {
        int tag = dwarf_tag(&child);
        bool block = tag == DW_TAG_lexical_block || tag == DW_TAG_try_block ||
                     tag == DW_TAG_catch_block;
        if ((!block && tag != DW_TAG_inlined_subroutine) || dwarf_haspc(&child, pc) <= 0)
            continue;
        if (!block)
            chain[count++] = child;
        return descend(&child, pc, chain, count, depth + 1);
    } while (dwarf_siblingof(&child, &child) == 0);
    return count;
}

static void add_scopes(struct mt_scopes *scopes, struct mt_places *places, Dwarf_Die *unit,
                       Dwarf_Addr pc, const char *symbol) {
    Dwarf_Die chain[NESTED_MAX];
    Dwarf_Line *line = dwarf_getsrc_die(unit, pc);
    int number = 0;
    if (line != NULL)
        dwarf_lineno(line, &number);
    uint32_t count = mt_functions_at(scopes->functions, unit, pc, &chain[0])
                         ? descend(&chain[0], pc, chain, 1, 0)
                         : 0;
    for (uint32_t i = count; i-- > 0;) {
        struct mt_place *place = add(places);
        place->function = function_name(&chain[i], symbol);
        place->inlined = dwarf_tag(&chain[i]) == DW_TAG_inlined_subroutine && i > 0;
        if (i + 1 == count)
            set_line(place, line ? dwarf_linesrc(line, NULL, NULL) : NULL,
                     (unsigned)number);
        else
            set_call(place, &chain[i + 1], unit);
    }
    if (count == 0 && line != NULL)
        set_line(add(places), dwarf_linesrc(line, NULL, NULL), (unsigned)number);
}

struct mt_places mt_scopes_at(struct mt_scopes *scopes, uint64_t offset) {
    struct mt_places places = {0};
    Dwarf_Addr address = scopes->base + offset, bias;
    const char *symbol = symbol_at(scopes, address);
    Dwarf_Die *unit = mt_units_at(scopes->units, address, &bias);
    if (unit != NULL)
        add_scopes(scopes, &places, unit, address - bias, symbol);
    if (places.count == 0)
        add(&places);
    struct mt_place *outermost = &places.at[places.count - 1];
    if (outermost->function == NULL && symbol != NULL)
        outermost->function = mt_demangle(symbol);
    return places;
}
