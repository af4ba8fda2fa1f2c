/* Stacks in a log: lines "#N MODULE+0xOFFSET", and "module NAME BUILD-ID" after them.
 * Whatever stands before that on a line, a syslog daemon's prefix for instance, stays. */
#ifndef MT_CLI_SYMBOLIZE_H
#define MT_CLI_SYMBOLIZE_H

#include "cli/model.h"
#include <stdio.h>

struct mt_log_frame {
    size_t prefix;    /* bytes of the line before the module's name */
    const char *name; /* in the line */
    size_t name_length;
    uint64_t offset;
};

/* True if the line is one of a stack. It need not be NUL-terminated. */
bool mt_log_frame(const char *line, size_t length, struct mt_log_frame *frame);

/* One for each line of a stack, in their order. */
struct mt_log_frames {
    size_t count;
    uint32_t *at; /* index in the model's frames, or MT_ROOT: of no known module */
    size_t unknown;
};

/* Adds modules and frames to the model. */
void mt_log_frames_read(FILE *in, struct mt_model *model, struct mt_log_frames *frames);

#endif
