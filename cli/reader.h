/* Reads a summary. The file is hostile: every line, count and id is bounded and checked. */
#ifndef MT_CLI_READER_H
#define MT_CLI_READER_H

#include "cli/model.h"

#define MT_READER_LINE_MAX   65536u
#define MT_READER_MODULE_MAX 65536u
#define MT_READER_FRAME_MAX  16777216u
#define MT_READER_SITE_MAX   2097152u
#define MT_READER_EVENT_MAX  65536u
#define MT_READER_LEAK_MAX   65536u

enum mt_reader_result {
    MT_READER_WHOLE,
    MT_READER_PARTIAL, /* truncated or damaged: the model holds what came before */
    MT_READER_REFUSED, /* no summary, or a newer version: the model is empty */
};

struct mt_reader_verdict {
    enum mt_reader_result result;
    uint64_t line;  /* where it stopped */
    char text[192]; /* what is wrong, for a message after the file's name */
};

/* Reads `fd` to its end. The model must be zero; free it with mt_model_free(). */
struct mt_reader_verdict mt_reader_read(int fd, struct mt_model *model);

/* The same, and hands every record to `each` once it has been found good. */
struct json_t;
struct mt_reader_verdict
mt_reader_each(int fd, struct mt_model *model,
               void (*each)(void *context, const struct json_t *record), void *context);

#endif
