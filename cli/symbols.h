/* Function, file and line of code addresses, looked up in the files of the modules. */
#ifndef MT_CLI_SYMBOLS_H
#define MT_CLI_SYMBOLS_H

#include "cli/find.h"
#include "cli/model.h"

struct mt_place {
    char *function; /* NULL: not known */
    char *file;     /* as the compiler wrote it, NULL: not known */
    unsigned line;
    bool inlined; /* into the place after it */
};

/* Where one address is in the source: the innermost inlined function first. Never empty. */
struct mt_places {
    uint32_t count;
    struct mt_place *at;
};

/* What was found about a module, for those who want to know what is missing. */
struct mt_symbols_module {
    struct mt_found file;
    bool debug;                         /* it has debug information */
    uint32_t asked, nameless, lineless; /* addresses */
};

struct mt_symbols;

/* `find` may be NULL: no function has a name then. Both must outlive the symbols. */
struct mt_symbols *mt_symbols_new(const struct mt_model *model, struct mt_find *find);

/* The places of a frame. They live as long as the symbols. */
const struct mt_places *mt_symbols_at(struct mt_symbols *symbols, uint32_t frame);

const struct mt_symbols_module *mt_symbols_module(const struct mt_symbols *symbols,
                                                  uint32_t module);

void mt_symbols_free(struct mt_symbols *symbols);

#endif
