/* A recorder's file, where a summary is expected. */
#ifndef MT_CLI_RECORDING_H
#define MT_CLI_RECORDING_H

#include "cli/model.h"

/* Whether the file begins as a recording does. Its offset stays where it is. */
bool mt_recording_begins(int fd);

/* Reads the recording as the summary that `dump --from` would make of it. Returns as
 * mt_input_summary() does; what is wrong was said. */
int mt_recording_summary(int recording, const char *name, struct mt_model *model);

#endif
