/* What the looks of `mtalloc top` say when they are compared. */
#include "cli/top.h"

#include "cli/plumbing.h"
#include <string.h>

const char *const mt_top_sort_name[MT_TOP_SORT_COUNT] = {
#define SORT(name) [MT_TOP_BY_##name] = #name,
    MT_TOP_SORTS(SORT)
#undef SORT
};

struct mt_report mt_top_report(const struct mt_top *top, FILE *out, unsigned width) {
    return (struct mt_report){.model = &top->model,
                              .options = &top->options,
                              .symbols = top->symbols,
                              .paper = {.out = out, .width = width}};
}

uint64_t mt_top_interval_ms(const struct mt_top *top) {
    uint64_t now = top->model.header.uptime_ms, before = top->before.at_ms;
    return now > before ? now - before : 1;
}

/* Counts only grow, but estimates may fall. */
uint64_t mt_top_rate(const struct mt_top *top, uint64_t now, uint64_t before) {
    double grown = now > before ? (double)(now - before) : 0;
    return (uint64_t)(grown * 1000 / (double)mt_top_interval_ms(top) + 0.5);
}

uint64_t mt_top_cpu_percent(const struct mt_top *top) {
    const struct mt_model_resource *resource = &top->model.resource;
    uint64_t now = resource->cpu_user_us + resource->cpu_system_us;
    if (resource->cpu_user_us == MT_UNKNOWN || resource->cpu_system_us == MT_UNKNOWN)
        return MT_UNKNOWN;
    uint64_t used = now > top->before.cpu_us ? now - top->before.cpu_us : 0;
    return (used / 10 + mt_top_interval_ms(top) / 2) / mt_top_interval_ms(top);
}

int64_t mt_top_growth(uint64_t now, uint64_t first) {
    return (int64_t)(now - first);
}

static uint64_t weight(const struct mt_top *top, const struct mt_group *group) {
    int64_t growth = mt_top_growth(group->sums.live_bytes, group->first.live_bytes);
    switch (top->sort) {
    case MT_TOP_BY_growth: /* what shrinks comes last, not first */
        return (uint64_t)growth + (UINT64_C(1) << 63);
    case MT_TOP_BY_rate:
        return mt_top_rate(top, group->sums.alloc_bytes, group->before.alloc_bytes);
    case MT_TOP_BY_peak:
        return mt_report_weight(&group->sums, MT_SORT_peak);
    default:
        return group->sums.live_bytes;
    }
}

void mt_top_sort(struct mt_top *top) {
    for (uint32_t i = 0; i < top->groups.count; i++)
        top->groups.at[i].weight = weight(top, &top->groups.at[i]);
    mt_groups_sort(&top->groups);
}

static bool has(const char *text, const char *part) {
    return text != NULL && strcasestr(text, part) != NULL;
}

bool mt_top_shows(const struct mt_top *top, const struct mt_group *group) {
    struct mt_report report = mt_top_report(top, NULL, 0);
    struct mt_stack_walk walk = group->head;
    const struct mt_place *place;
    if (top->filter[0] == '\0')
        return true;
    for (unsigned i = 0; i < top->options.depth; i++) {
        if ((place = mt_stack_place(&report, &walk)) == NULL ||
            (i > 0 && mt_plumbing_start(place)))
            return false;
        uint32_t module = top->model.frames[walk.frame].module;
        if (has(place->function, top->filter) || has(place->file, top->filter) ||
            has(top->model.modules[module].name, top->filter))
            return true;
        mt_stack_out(&report, &walk);
    }
    return false;
}

const char *mt_top_state(const struct mt_top *top) {
    return top->state == '\0'                       ? "ended"
           : top->state == 'T' || top->state == 't' ? "stopped"
                                                    : "running";
}
