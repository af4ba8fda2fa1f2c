/* One look at a process: its region as a summary, read back as a model, and the rows. */
#include "cli/top.h"

#include "cli/estimate.h"
#include "cli/policy.h"
#include "cli/process.h"
#include "cli/reader.h"
#include "cli/say.h"
#include "export/resources.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What is read is what `mtalloc dump` would write: one exporter, one reader. */
static enum mt_outside_error read_model(struct mt_top *top, struct mt_model *model) {
    struct mt_outside view;
    enum mt_outside_error error = mt_source_open(&top->source, &view);
    if (error != MT_OUTSIDE_OK)
        return error;
    struct mt_resources resources = mt_source_resources(&top->source, view.region);
    if (top->recording != NULL)
        mt_resources_of(top->pid, view.region->start_monotonic_ms, &resources);
    if (view.region->start_unix_ms != top->started_unix_ms) {
        free(top->before.sites);
        free(top->first.sites);
        top->before = top->first = (struct mt_top_past){0};
    }
    top->started_unix_ms = view.region->start_unix_ms;
    int fd = memfd_create("mtalloc-top", MFD_CLOEXEC);
    struct mt_summary_target target = {.fd = fd,
                                       .max_bytes = INT64_MAX,
                                       .strict =
                                           mt_policy()->floor.privacy == MT_PRIVACY_STRICT};
    int failure =
        fd < 0 ? -errno
               : mt_summary_write(view.region, &target, MT_REASON_OUTSIDE, &resources);
    mt_outside_close(&view);
    if (failure != 0)
        errno = -failure;
    bool read = failure == 0 && lseek(fd, 0, SEEK_SET) == 0 &&
                mt_reader_read(fd, model).result == MT_READER_WHOLE;
    if (fd >= 0)
        close(fd);
    if (!read)
        mt_model_free(model);
    return read ? MT_OUTSIDE_OK : MT_OUTSIDE_IO;
}

static bool same_modules(const struct mt_model *a, const struct mt_model *b) {
    if (a->module_count != b->module_count)
        return false;
    for (uint32_t i = 0; i < a->module_count; i++) {
        const struct mt_model_module *x = &a->modules[i], *y = &b->modules[i];
        const char *id = x->build_id ? x->build_id : "";
        if (strcmp(x->name, y->name) != 0 ||
            strcmp(id, y->build_id ? y->build_id : "") != 0)
            return false;
    }
    return true;
}

static void forget_symbols(struct mt_top *top) {
    if (top->symbols != NULL)
        mt_symbols_free(top->symbols);
    if (top->find != NULL)
        mt_find_free(top->find);
    top->symbols = NULL;
    top->find = NULL;
}

/* Symbols are known by module and offset and stay known while the modules are the same:
 * opening debug information anew every second would cost more than all the rest. */
static void adopt(struct mt_top *top, const struct mt_model *fresh) {
    if (top->symbols != NULL && !same_modules(&top->model, fresh))
        forget_symbols(top);
    mt_model_free(&top->model);
    top->model = *fresh;
    if (top->symbols != NULL)
        return;
    if (!top->options.no_symbols)
        top->find = mt_report_find(&top->model, &top->options);
    top->symbols = mt_symbols_new(&top->model, top->find);
}

static int by_frame(const void *a, const void *b) {
    uint32_t x = ((const struct mt_top_site *)a)->frame;
    uint32_t y = ((const struct mt_top_site *)b)->frame;
    return (x > y) - (x < y);
}

/* Numbers of frames are places in the region: they stay the same. */
static struct mt_top_past remember(const struct mt_top *top) {
    const struct mt_model *model = &top->model;
    const struct mt_model_resource *resource = &model->resource;
    struct mt_top_past past = {.sites = mt_alloc(model->site_count, sizeof *past.sites),
                               .count = model->site_count,
                               .total = model->total,
                               .cpu_us = resource->cpu_user_us + resource->cpu_system_us,
                               .at_ms = model->header.uptime_ms};
    for (uint32_t i = 0; i < past.count; i++)
        past.sites[i] = (struct mt_top_site){model->frames[model->sites[i].frame].id,
                                             model->sites[i].sums};
    qsort(past.sites, past.count, sizeof *past.sites, by_frame);
    return past;
}

static void add_past(const struct mt_top_past *past, uint32_t frame,
                     struct mt_model_sums *sums) {
    struct mt_top_site wanted = {.frame = frame};
    const struct mt_top_site *found =
        past->count > 0
            ? bsearch(&wanted, past->sites, past->count, sizeof wanted, by_frame)
            : NULL;
    if (found != NULL)
        mt_report_add(sums, &found->sums);
}

static void make_groups(struct mt_top *top) {
    const struct mt_model *model = &top->model;
    struct mt_report report = mt_top_report(top, NULL, 0);
    mt_groups_free(&top->groups);
    top->groups = mt_groups_new(&report);
    for (uint32_t i = 0; i < model->site_count; i++) {
        const struct mt_model_site *site = &model->sites[i];
        uint32_t frame = model->frames[site->frame].id;
        struct mt_group *group =
            mt_groups_of(&top->groups, &report, site->frame, top->options.depth);
        group->stacks++;
        mt_report_add(&group->sums, &site->sums);
        add_past(&top->before, frame, &group->before);
        add_past(&top->first, frame, &group->first);
    }
    mt_top_sort(top);
}

enum mt_outside_error mt_top_look(struct mt_top *top) {
    struct mt_model fresh = {0};
    struct mt_top_past last = {0};
    bool looked = top->symbols != NULL;
    if (looked)
        last = remember(top);
    enum mt_outside_error error = read_model(top, &fresh);
    top->state = mt_process_state(top->pid);
    if (error != MT_OUTSIDE_OK) {
        free(last.sites);
        return error;
    }
    /* Another program, or another start of it, begins anew. */
    bool same =
        looked && fresh.header.uptime_ms >= last.at_ms && (top->first.sites != NULL);
    mt_estimate(&fresh);
    adopt(top, &fresh);
    free(top->before.sites);
    top->before = (struct mt_top_past){0};
    if (same)
        top->before = last;
    else
        free(last.sites);
    if (top->first.sites == NULL)
        top->first = remember(top);
    make_groups(top);
    return MT_OUTSIDE_OK;
}

void mt_top_free(struct mt_top *top) {
    mt_groups_free(&top->groups);
    forget_symbols(top);
    mt_model_free(&top->model);
    free(top->before.sites);
    free(top->first.sites);
    free(top->recording);
    mt_report_options_free(&top->options);
}
