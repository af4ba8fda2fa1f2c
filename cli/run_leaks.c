#include "cli/run.h"

#include "cli/plumbing.h"
#include "track/region.h"
#include <string.h>

/* glibc gives every standard stream that is used a buffer and keeps it. */
static bool stream_buffer(const struct mt_model *model, struct mt_symbols *symbols,
                          uint32_t leaf) {
    if (!mt_plumbing_module(&model->modules[model->frames[leaf].module]))
        return false;
    const struct mt_places *places = mt_symbols_at(symbols, leaf);
    const char *name = places->at[places->count - 1].function;
    return name != NULL &&
           (!strcmp(name, "_IO_file_doallocate") || !strcmp(name, "_IO_wfile_doallocate"));
}

/* Made by the runtimes for themselves, before main or in the loader: no code of the program
 * is on the stack. The loader's own start has no unwind tables. */
static bool of_runtime(const struct mt_model *model, uint32_t frame) {
    bool any = false;
    for (; frame != MT_ROOT; frame = model->frames[frame].parent) {
        const struct mt_model_module *module = &model->modules[model->frames[frame].module];
        if (mt_plumbing_module(module))
            any = true;
        else if (strcmp(module->name, "[truncated]") != 0)
            return false;
    }
    return any;
}

uint64_t mt_run_leaked(const struct mt_model *model) {
    struct mt_find *find = mt_find_new(model);
    struct mt_symbols *symbols = mt_symbols_new(model, find);
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < model->site_count; i++) {
        const struct mt_model_site *site = &model->sites[i];
        if (site->sums.live_bytes > 0 && !of_runtime(model, site->frame) &&
            !stream_buffer(model, symbols, site->frame))
            bytes += site->sums.live_bytes;
    }
    mt_symbols_free(symbols);
    mt_find_free(find);
    return bytes;
}

/* What has to do with the program's use of its heap, among all kinds of events. */
static bool is_error(const char *kind) {
    static const char *const names[] = {
#define EVENT(id, name) [MT_EVENT_##id] = name,
#include "track/events.def"
#undef EVENT
    };
    static const int errors[] = {MT_EVENT_OVERFLOW,
                                 MT_EVENT_UNDERFLOW,
                                 MT_EVENT_DOUBLE_FREE,
                                 MT_EVENT_INVALID_FREE,
                                 MT_EVENT_KIND_MISMATCH,
                                 MT_EVENT_SIZE_MISMATCH,
                                 MT_EVENT_ALIGNMENT_MISMATCH,
                                 MT_EVENT_WRITE_AFTER_FREE,
                                 MT_EVENT_OVERFLOW_READ,
                                 MT_EVENT_UNDERFLOW_READ,
                                 MT_EVENT_USE_AFTER_FREE_READ,
                                 MT_EVENT_USE_AFTER_FREE_WRITE};
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        if (!strcmp(kind, names[errors[i]]))
            return true;
    return false;
}

uint64_t mt_run_errors(const struct mt_model *model) {
    uint64_t count = 0;
    for (uint32_t i = 0; i < model->event_count; i++)
        count += is_error(model->events[i].kind);
    return count;
}
