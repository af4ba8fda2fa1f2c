#include "cli/run.h"

#include "track/region.h"
#include <string.h>

/* By which suppressions know a place. */
struct lookup {
    struct mt_find *find;
    struct mt_symbols *symbols;
};

static struct lookup open_lookup(const struct mt_model *model,
                                 const struct mt_report_options *options,
                                 const char *file) {
    struct lookup lookup = {.find = mt_report_find(model, options)};
    mt_find_add_file(lookup.find, file);
    lookup.symbols = mt_symbols_new(model, lookup.find);
    return lookup;
}

static void close_lookup(struct lookup *lookup) {
    mt_symbols_free(lookup->symbols);
    mt_find_free(lookup->find);
}

uint64_t mt_run_leaked(const struct mt_model *model,
                       const struct mt_report_options *options, const char *file) {
    struct lookup lookup = open_lookup(model, options, file);
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < model->site_count; i++) {
        const struct mt_model_site *site = &model->sites[i];
        if (site->sums.live_bytes > 0 &&
            !mt_suppressed(options->suppressions, model, lookup.symbols, site->frame))
            bytes += site->sums.live_bytes;
    }
    close_lookup(&lookup);
    return bytes;
}

static uint64_t blocks_in(const char *state, const struct mt_model *model,
                          const struct mt_report_options *options, const char *file) {
    struct lookup lookup = open_lookup(model, options, file);
    uint64_t blocks = 0;
    for (uint32_t i = 0; i < model->leak_count; i++) {
        const struct mt_model_leak *leak = &model->leak[i];
        if (!leak->single && !strcmp(leak->state, state) &&
            !mt_suppressed(options->suppressions, model, lookup.symbols, leak->frame))
            blocks += leak->blocks;
    }
    close_lookup(&lookup);
    return blocks;
}

/* What only lost blocks lead to goes with them. */
uint64_t mt_run_lost(const struct mt_model *model, const struct mt_report_options *options,
                     const char *file) {
    return blocks_in("lost", model, options, file);
}

bool mt_run_lost_untold(const struct mt_model *model,
                        const struct mt_report_options *options, const char *file) {
    static const char *const unseen[] = {"heap", "swap", "late"};
    for (size_t i = 0; i < sizeof unseen / sizeof unseen[0]; i++)
        if (!strcmp(model->leaks.because, unseen[i]))
            return true;
    return strcmp(model->leaks.because, "none") != 0 &&
           blocks_in("possible", model, options, file) > 0;
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
