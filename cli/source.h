/* What a command reads a region from: a living process, or a recorder's file. */
#ifndef MT_CLI_SOURCE_H
#define MT_CLI_SOURCE_H

#include "export/outside.h"
#include "export/summary.h"
#include <stdbool.h>

struct mt_source {
    const char *name;      /* for messages */
    uint32_t pid;          /* 0: a recording whose process is gone */
    const char *recording; /* NULL: the process's memory */
    const char *core;      /* or that of a core, if not NULL */
};

/* A recording's process may be at work still: then its PID is set. */
enum mt_outside_error mt_source_open(struct mt_source *source, struct mt_outside *view);

/* The same for a recording that is open already. */
enum mt_outside_error mt_source_recording(struct mt_source *source, int fd,
                                          struct mt_outside *view);

/* Of a process that is gone nothing is known but the time. */
struct mt_resources mt_source_resources(const struct mt_source *source,
                                        const struct mt_region *region);

/* Writes a summary into `output`; NULL: PROGRAM.PID.mtalloc here, with a number if that is
 * taken, which is set in *path, to be freed. An exit status; what went wrong was said. */
int mt_source_save(const struct mt_source *source, const struct mt_region *region,
                   const char *output, char **path);

/* Says "cannot VERB NAME: why" and returns the exit status. `errno` is that of the call. */
int mt_source_refused(const struct mt_source *source, const char *verb,
                      enum mt_outside_error error);

/* Parses a process ID. */
bool mt_source_pid(const char *text, uint32_t *pid);

#endif
