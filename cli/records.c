#include "cli/records.h"

#include "cli/reader.h"
#include "cli/say.h"
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 256

bool mt_records_number(const json_t *record, const char *name, uint64_t *number) {
    const json_t *value = json_object_get(record, name);
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *number = (uint64_t)json_integer_value(value);
    return true;
}

/* An absent field stays as it is; null is "not known". */
static bool optional(const json_t *record, const char *name, uint64_t *number) {
    const json_t *value = json_object_get(record, name);
    if (value == NULL)
        return true;
    if (!json_is_null(value))
        return mt_records_number(record, name, number);
    *number = MT_UNKNOWN;
    return true;
}

static bool optional_signed(const json_t *record, const char *name, int64_t *number) {
    const json_t *value = json_object_get(record, name);
    if (json_is_integer(value))
        *number = json_integer_value(value);
    return value == NULL || json_is_integer(value);
}

static char *text(const json_t *record, const char *name) {
    const char *value = json_string_value(json_object_get(record, name));
    return mt_text_clean(value != NULL ? value : "", TEXT_MAX);
}

#define NUMBER(name)        ok &= optional(record, #name, &to->name);
#define KNOWN(name)         ok &= optional(record, #name, &to->name) && to->name != MT_UNKNOWN;
#define SIGNED_NUMBER(name) ok &= optional_signed(record, #name, &to->name);
#define TEXT(name)          to->name = text(record, #name);

const char *mt_records_header(struct mt_model *model, const json_t *record) {
    struct mt_model_header *to = &model->header;
    bool ok = true;
    MT_HEADER_FIELDS(KNOWN, TEXT)
#define UNKNOWN(name) model->resource.name = MT_UNKNOWN;
    MT_RESOURCE_FIELDS(UNKNOWN)
#undef UNKNOWN
    return ok ? NULL : "bad header";
}

static const char *total(struct mt_model *model, const json_t *record) {
    struct mt_model_total read = {0}, *to = &read;
    bool ok = true;
    MT_TOTAL_FIELDS(KNOWN)
    if (ok)
        model->total = read;
    model->has_total |= ok;
    return ok ? NULL : "bad total";
}

static const char *resource(struct mt_model *model, const json_t *record) {
    struct mt_model_resource read = model->resource, *to = &read;
    bool ok = true;
    MT_RESOURCE_FIELDS(NUMBER)
    if (ok)
        model->resource = read;
    return ok ? NULL : "bad resource";
}

static bool hex(const char *digits) {
    size_t length = strlen(digits);
    return length > 0 && length % 2 == 0 && length <= MT_BUILD_ID_TEXT_MAX &&
           strspn(digits, "0123456789abcdef") == length;
}

/* Strict summaries have no names: what a module is called then. */
static char *nameless(const char *build_id) {
    char *start = build_id != NULL ? strndup(build_id, 12) : NULL;
    char *name = mt_join("build-id:", start != NULL ? start : "none", "");
    free(start);
    return name;
}

static const char *module(struct mt_model *model, const json_t *record) {
    uint64_t id;
    const json_t *name = json_object_get(record, "name");
    const json_t *build_id = json_object_get(record, "build_id");
    if (!mt_records_number(record, "id", &id) || !json_is_string(name) || id > UINT32_MAX)
        return "bad module";
    uint32_t count = model->module_count;
    if (id <= (count > 0 ? model->modules[count - 1].id : 0))
        return "module ids do not grow";
    if (count >= MT_READER_MODULE_MAX)
        return "too many modules";
    if (json_is_string(build_id) && !hex(json_string_value(build_id)))
        return "bad build ID";
    mt_grow(model->modules, count);
    const char *text = json_string_value(name);
    model->modules[model->module_count++] = (struct mt_model_module){
        .id = (uint32_t)id,
        .pseudo = text[0] == '[',
        .nameless = text[0] == '\0',
        .name = text[0] != '\0' ? mt_text_clean(text, TEXT_MAX)
                                : nameless(json_string_value(build_id)),
        .build_id = json_is_string(build_id) ? mt_copy(json_string_value(build_id)) : NULL,
    };
    return NULL;
}

static const char *frame(struct mt_model *model, const json_t *record) {
    uint64_t id, parent, module_id, offset;
    if (!mt_records_number(record, "id", &id) || id > UINT32_MAX ||
        !mt_records_number(record, "parent", &parent) ||
        !mt_records_number(record, "module", &module_id) ||
        !mt_records_number(record, "offset", &offset))
        return "bad frame";
    uint32_t count = model->frame_count;
    if (id <= (count > 0 ? model->frames[count - 1].id : 0))
        return "frame ids do not grow";
    if (count >= MT_READER_FRAME_MAX)
        return "too many frames";
    /* The parent was read before: a cycle cannot be written down. */
    uint32_t parent_at = parent == 0 ? MT_ROOT : mt_model_frame(model, parent);
    uint32_t module_at = mt_model_module(model, module_id);
    if ((parent != 0 && parent_at == MT_ROOT) || module_at == MT_ROOT)
        return "a frame names a parent or module that is not there";
    mt_grow(model->frames, count);
    model->frames[model->frame_count++] =
        (struct mt_model_frame){(uint32_t)id, parent_at, module_at, offset};
    return NULL;
}

static const char *site(struct mt_model *model, const json_t *record) {
    uint64_t id;
    if (!mt_records_number(record, "frame", &id))
        return "bad site";
    struct mt_model_site read = {.frame = mt_model_frame(model, id)};
    if (read.frame == MT_ROOT)
        return "a site names a frame that is not there";
    struct mt_model_sums *to = &read.sums;
    bool ok = true;
    MT_SITE_FIELDS(KNOWN, SIGNED_NUMBER)
    if (!ok)
        return "bad site";
    if (model->site_count >= MT_READER_SITE_MAX)
        return "too many sites";
    mt_grow(model->sites, model->site_count);
    model->sites[model->site_count++] = read;
    return NULL;
}

static const char *event(struct mt_model *model, const json_t *record) {
    if (model->event_count >= MT_READER_EVENT_MAX)
        return "too many events";
    struct mt_model_event read = {0}, *to = &read;
    bool ok = true;
    MT_EVENT_FIELDS(KNOWN, TEXT)
    if (!ok) {
        free(read.kind);
        return "bad event";
    }
    mt_grow(model->events, model->event_count);
    model->events[model->event_count++] = read;
    return NULL;
}

static const char *leaks(struct mt_model *model, const json_t *record) {
    struct mt_model_leaks read = {0}, *to = &read;
    bool ok = true;
    MT_LEAKS_FIELDS(KNOWN, TEXT)
    if (ok && model->leaks.mode == NULL) {
        model->leaks = read;
        return NULL;
    }
    free(read.mode);
    free(read.because);
    return "bad leaks";
}

static const char *add_leak(struct mt_model *model, const json_t *record, bool single) {
    uint64_t id;
    if (model->leak_count >= MT_READER_LEAK_MAX)
        return "too many leaks";
    if (!mt_records_number(record, "frame", &id))
        return "bad leak";
    struct mt_model_leak read = {.frame = id != 0 ? mt_model_frame(model, id) : MT_ROOT,
                                 .single = single},
                         *to = &read;
    bool ok = id == 0 || read.frame != MT_ROOT;
    MT_LEAK_FIELDS(KNOWN, TEXT)
    if (!ok) {
        free(read.state);
        return "bad leak";
    }
    mt_grow(model->leak, model->leak_count);
    model->leak[model->leak_count++] = read;
    return NULL;
}

static const char *leak(struct mt_model *model, const json_t *record) {
    return add_leak(model, record, false);
}

static const char *block(struct mt_model *model, const json_t *record) {
    return add_leak(model, record, true);
}

const char *mt_records_add(struct mt_model *model, const char *type, const json_t *record) {
    static const struct {
        const char *type;
        const char *(*add)(struct mt_model *, const json_t *);
    } kinds[] = {
        {"frame", frame}, {"site", site},         {"module", module},
        {"total", total}, {"resource", resource}, {"event", event},
        {"leaks", leaks}, {"leak", leak},         {"block", block},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (!strcmp(type, kinds[i].type))
            return kinds[i].add(model, record);
    return NULL;
}
