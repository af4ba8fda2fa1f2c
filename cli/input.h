/* Opens and reads the summary that the user named. */
#ifndef MT_CLI_INPUT_H
#define MT_CLI_INPUT_H

#include "cli/model.h"

/* Opens a file, or "-", which is stdin; the name is for messages. Negative, and said, if
 * that cannot be done. */
int mt_input_open(const char *path, const char **name);
void mt_input_close(int fd);

/* A summary, or a recording as one. Says what is wrong. Returns OK, PARTIAL (the model
 * holds what is whole) or INPUT. "-" is stdin. */
int mt_input_summary(const char *path, struct mt_model *model);

/* The same for a descriptor; `name` is for messages. */
int mt_input_summary_fd(int fd, const char *name, struct mt_model *model);

#endif
