/* What the command needs to know of an ELF file without loading it. */
#ifndef MT_CLI_ELF_FILE_H
#define MT_CLI_ELF_FILE_H

#include "cli/model.h"
#include <stdbool.h>

struct mt_elf_file {
    bool elf;
    int machine, class;                      /* EM_…, ELFCLASS… */
    bool interpreter;                        /* names a dynamic loader */
    bool library;                            /* has libmtalloc linked in */
    char build_id[MT_BUILD_ID_TEXT_MAX + 1]; /* hex digits, "" for none */
    char *runpath;                           /* DT_RUNPATH or DT_RPATH, NULL for none */
};

/* False if it is no regular file that can be read (errno says why). Free runpath. */
bool mt_elf_file_read(const char *path, struct mt_elf_file *file);

#endif
