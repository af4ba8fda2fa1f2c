/* Places where a module's file may lie. */
#ifndef MT_CLI_FIND_PLACES_H
#define MT_CLI_FIND_PLACES_H

#include "cli/model.h"
#include <stddef.h>

struct mt_paths {
    size_t count;
    char **at;
};

/* Adds a copy, once. */
void mt_paths_add(struct mt_paths *paths, const char *path);
void mt_paths_free(struct mt_paths *paths);

/* The loader's, the shell's, and the current directory. */
void mt_places_of_system(struct mt_paths *directories);

/* The directories of a DT_RUNPATH; `origin` is where the file lies. */
void mt_places_of_runpath(struct mt_paths *directories, const char *origin,
                          const char *runpath);

/* Files below a directory that are named as one of the modules. */
void mt_places_walk(struct mt_paths *files, const char *directory,
                    const struct mt_model *model);

/* Files that a living process has mapped and that are named as one of the modules. */
void mt_places_of_process(struct mt_paths *files, uint64_t pid,
                          const struct mt_model *model);

#endif
