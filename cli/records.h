/* One record of a summary, from JSON into the model. */
#ifndef MT_CLI_RECORDS_H
#define MT_CLI_RECORDS_H

#include "cli/model.h"
#include <jansson.h>

/* Adds a record of any type but header and end; unknown types are skipped. Returns NULL, or
 * a static text saying what is wrong with it: then nothing was added. */
const char *mt_records_add(struct mt_model *model, const char *type, const json_t *record);

const char *mt_records_header(struct mt_model *model, const json_t *record);

/* A field that must be a number from 0 to 2^63 - 1. */
bool mt_records_number(const json_t *record, const char *name, uint64_t *number);

#endif
