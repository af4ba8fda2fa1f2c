/*
 * Where the file of a module lies: a summary holds its base name and build ID only.
 *
 * A file counts only if its build ID is the module's (or if neither has one). Looked in, in
 * this order: the directories given by --path with what is below them, paths known from the
 * command or the living process, the program's RUNPATH, LD_LIBRARY_PATH, the loader's and
 * the shell's directories, the installed packages' file lists, the current directory, and
 * the separate debug files.
 */
#ifndef MT_CLI_FIND_H
#define MT_CLI_FIND_H

#include "cli/model.h"

struct mt_find;

struct mt_found {
    const char *path;  /* NULL: none */
    const char *other; /* a file of that name but of another build, or NULL */
};

/* Prepares for the modules of a model; `pid` is looked at in /proc if it still lives. */
struct mt_find *mt_find_new(const struct mt_model *model);
/* A directory of the user's, searched before all others. */
void mt_find_add_path(struct mt_find *find, const char *directory);
/* The file of the program that was run. */
void mt_find_add_file(struct mt_find *find, const char *path);

/* The file of a module; looked for once. */
struct mt_found mt_find_module(struct mt_find *find, uint32_t module);

void mt_find_free(struct mt_find *find);

#endif
