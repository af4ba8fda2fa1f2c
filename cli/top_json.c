/* A look as a JSON object on one line, for scripts. The fields are in mtalloc(1). */
#include "cli/top.h"

#include "cli/plumbing.h"
#include <jansson.h>

static void set_number(json_t *object, const char *name, uint64_t value) {
    json_object_set_new(
        object, name, value == MT_UNKNOWN ? json_null() : json_integer((json_int_t)value));
}

static void set_text(json_t *object, const char *name, const char *text) {
    json_object_set_new(object, name, text != NULL ? json_string(text) : json_null());
}

static json_t *totals(const struct mt_top *top) {
    const struct mt_model_total *now = &top->model.total, *before = &top->before.total;
    json_t *object = json_object();
    set_number(object, "live_bytes", now->live_bytes);
    set_number(object, "live", now->live);
    json_object_set_new(
        object, "growth_bytes",
        json_integer(mt_top_growth(now->live_bytes, top->first.total.live_bytes)));
    set_number(object, "peak_bytes", now->peak_bytes);
    set_number(object, "allocs", now->allocs);
    set_number(object, "alloc_bytes", now->alloc_bytes);
    set_number(object, "frees", now->frees);
    set_number(object, "free_bytes", now->free_bytes);
    set_number(object, "alloc_bytes_per_s",
               mt_top_rate(top, now->alloc_bytes, before->alloc_bytes));
    set_number(object, "allocs_per_s", mt_top_rate(top, now->allocs, before->allocs));
    set_number(object, "frees_per_s", mt_top_rate(top, now->frees, before->frees));
    return object;
}

static json_t *resources(const struct mt_top *top) {
    json_t *object = json_object();
#define NUMBER(name) set_number(object, #name, top->model.resource.name);
    MT_RESOURCE_FIELDS(NUMBER)
#undef NUMBER
    set_number(object, "cpu_percent", mt_top_cpu_percent(top));
    return object;
}

static json_t *functions(const struct mt_top *top, const struct mt_group *group) {
    struct mt_report report = mt_top_report(top, NULL, 0);
    struct mt_stack_walk walk = group->head;
    const struct mt_place *place;
    json_t *array = json_array();
    for (unsigned i = 0; i < top->options.depth; i++, mt_stack_out(&report, &walk)) {
        if ((place = mt_stack_place(&report, &walk)) == NULL ||
            (i > 0 && mt_plumbing_start(place)))
            break;
        const struct mt_model_frame *frame = &top->model.frames[walk.frame];
        json_t *object = json_object();
        set_text(object, "function", place->function);
        set_text(object, "file", place->file);
        set_number(object, "line", place->file != NULL ? place->line : MT_UNKNOWN);
        set_text(object, "module", top->model.modules[frame->module].name);
        set_number(object, "offset", frame->offset);
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *site(const struct mt_top *top, const struct mt_group *group) {
    const struct mt_model_sums *now = &group->sums, *before = &group->before;
    json_t *object = json_object();
    set_number(object, "live_bytes", now->live_bytes);
    set_number(object, "live", now->live);
    json_object_set_new(
        object, "growth_bytes",
        json_integer(mt_top_growth(now->live_bytes, group->first.live_bytes)));
    set_number(object, "peak_bytes", mt_report_weight(now, MT_SORT_peak));
    set_number(object, "allocs", now->allocs);
    set_number(object, "alloc_bytes", now->alloc_bytes);
    set_number(object, "frees", now->frees);
    set_number(object, "free_bytes", now->free_bytes);
    set_number(object, "alloc_bytes_per_s",
               mt_top_rate(top, now->alloc_bytes, before->alloc_bytes));
    set_number(object, "allocs_per_s", mt_top_rate(top, now->allocs, before->allocs));
    set_number(object, "stacks", group->stacks);
    json_object_set_new(object, "functions", functions(top, group));
    return object;
}

void mt_top_json(const struct mt_top *top, FILE *out, unsigned rows) {
    json_t *object = json_object(), *sites = json_array();
    set_text(object, "program", top->model.header.program);
    set_number(object, "pid", top->pid);
    set_text(object, "state", mt_top_state(top));
    set_text(object, "from", top->recording != NULL ? "recording" : "memory");
    set_number(object, "time_unix_ms", top->model.header.time_unix_ms);
    set_number(object, "interval_ms", mt_top_interval_ms(top));
    set_text(object, "stack", top->model.header.stack);
    json_object_set_new(object, "total", totals(top));
    json_object_set_new(object, "resource", resources(top));
    uint32_t shown = 0;
    for (uint32_t i = 0; i < top->groups.count && (rows == 0 || shown < rows); i++) {
        if (!mt_top_shows(top, &top->groups.at[i]))
            continue;
        json_array_append_new(sites, site(top, &top->groups.at[i]));
        shown++;
    }
    json_object_set_new(object, "sites", sites);
    (void)json_dumpf(object, out, JSON_COMPACT);
    fputc('\n', out);
    fflush(out);
    json_decref(object);
}
