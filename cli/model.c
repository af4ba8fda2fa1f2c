#include "cli/model.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Ids grow from record to record; in most files they are 1, 2, 3 … */
static uint32_t by_id(const void *records, uint32_t count, size_t stride, uint64_t id) {
    const char *base = records;
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        uint32_t found;
        memcpy(&found, base + middle * stride, sizeof found);
        if (found == id)
            return middle;
        if (found < id)
            low = middle + 1;
        else
            high = middle;
    }
    return MT_ROOT;
}
_Static_assert(offsetof(struct mt_model_frame, id) == 0, "by_id reads the first member");
_Static_assert(offsetof(struct mt_model_module, id) == 0, "by_id reads the first member");

uint32_t mt_model_frame(const struct mt_model *model, uint64_t id) {
    return by_id(model->frames, model->frame_count, sizeof *model->frames, id);
}

uint32_t mt_model_module(const struct mt_model *model, uint64_t id) {
    return by_id(model->modules, model->module_count, sizeof *model->modules, id);
}

void mt_model_free(struct mt_model *model) {
    for (uint32_t i = 0; i < model->module_count; i++) {
        free(model->modules[i].name);
        free(model->modules[i].build_id);
    }
    for (uint32_t i = 0; i < model->event_count; i++)
        free(model->events[i].kind);
#define NUMBER(name)
#define TEXT(name) free(model->header.name);
    MT_HEADER_FIELDS(NUMBER, TEXT)
#undef TEXT
#define TEXT(name) free(model->leaks.name);
    MT_LEAKS_FIELDS(NUMBER, TEXT)
#undef NUMBER
#undef TEXT
    for (uint32_t i = 0; i < model->leak_count; i++)
        free(model->leak[i].state);
    free(model->leak);
    free(model->modules);
    free(model->frames);
    free(model->sites);
    free(model->events);
    memset(model, 0, sizeof *model);
}
