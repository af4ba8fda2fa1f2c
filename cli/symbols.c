#include "cli/symbols.h"

#include "cli/plumbing.h"
#include "cli/say.h"
#include "cli/scopes.h"
#include <stdlib.h>

struct module {
    struct mt_symbols_module found;
    struct mt_scopes *scopes;
    bool opened;
};

/* One code address: many frames of the tree share it. */
struct entry {
    struct entry *next;
    uint32_t module;
    uint64_t offset;
    struct mt_places places;
};
#define BUCKETS 16384u

struct mt_symbols {
    const struct mt_model *model;
    struct mt_find *find;
    struct module *modules;
    struct entry *bucket[BUCKETS];
};

struct mt_symbols *mt_symbols_new(const struct mt_model *model, struct mt_find *find) {
    struct mt_symbols *symbols = mt_alloc(1, sizeof *symbols);
    symbols->model = model;
    symbols->find = find;
    symbols->modules = mt_alloc(model->module_count, sizeof *symbols->modules);
    return symbols;
}

static struct mt_scopes *scopes_of(struct mt_symbols *symbols, uint32_t at) {
    struct module *module = &symbols->modules[at];
    if (!module->opened && symbols->find != NULL) {
        module->found.file = mt_find_module(symbols->find, at);
        if (module->found.file.path != NULL)
            module->scopes = mt_scopes_open(module->found.file.path);
        module->found.debug = module->scopes != NULL && mt_scopes_debug(module->scopes);
    }
    module->opened = true;
    return module->scopes;
}

static struct mt_places look_up(struct mt_symbols *symbols, uint32_t at, uint64_t offset) {
    struct mt_places places = {0};
    struct module *module = &symbols->modules[at];
    if (symbols->model->modules[at].pseudo) {
        places = (struct mt_places){1, mt_alloc(1, sizeof *places.at)};
        places.at->function = mt_copy(symbols->model->modules[at].name);
        return places;
    }
    struct mt_scopes *scopes = scopes_of(symbols, at);
    /* What is recorded is where the call returns to; the call lies before it. */
    if (scopes != NULL && offset > 0)
        places = mt_scopes_at(scopes, offset - 1);
    else
        places = (struct mt_places){1, mt_alloc(1, sizeof *places.at)};
    /* Assembly at the start of everything has no lines, and nobody misses them. */
    if (mt_plumbing_start(&places.at[0]))
        return places;
    module->found.asked++;
    module->found.nameless += places.at[places.count - 1].function == NULL;
    module->found.lineless += places.at[0].file == NULL;
    return places;
}

const struct mt_places *mt_symbols_at(struct mt_symbols *symbols, uint32_t frame) {
    uint32_t module = symbols->model->frames[frame].module;
    uint64_t offset = symbols->model->frames[frame].offset;
    uint64_t mixed = (offset ^ (uint64_t)module << 48) * UINT64_C(0x9e3779b97f4a7c15);
    struct entry **at = &symbols->bucket[mixed >> 50];
    _Static_assert(BUCKETS == 1u << 14, "the shift leaves 14 bits");
    for (; *at != NULL; at = &(*at)->next)
        if ((*at)->module == module && (*at)->offset == offset)
            return &(*at)->places;
    struct entry *entry = mt_alloc(1, sizeof *entry);
    *entry = (struct entry){NULL, module, offset, look_up(symbols, module, offset)};
    *at = entry;
    return &entry->places;
}

const struct mt_symbols_module *mt_symbols_module(const struct mt_symbols *symbols,
                                                  uint32_t module) {
    return &symbols->modules[module].found;
}

static void free_entry(struct entry *entry) {
    for (uint32_t i = 0; i < entry->places.count; i++) {
        free(entry->places.at[i].function);
        free(entry->places.at[i].file);
    }
    free(entry->places.at);
    free(entry);
}

void mt_symbols_free(struct mt_symbols *symbols) {
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct entry *entry = symbols->bucket[i], *next; entry != NULL; entry = next) {
            next = entry->next;
            free_entry(entry);
        }
    for (uint32_t i = 0; i < symbols->model->module_count; i++)
        if (symbols->modules[i].scopes != NULL)
            mt_scopes_close(symbols->modules[i].scopes);
    free(symbols->modules);
    free(symbols);
}
