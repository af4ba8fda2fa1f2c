/* One address in one ELF file's debug information. */
#ifndef MT_CLI_SCOPES_H
#define MT_CLI_SCOPES_H

#include "cli/symbols.h"
#include <elfutils/libdwfl.h>

struct mt_scopes; /* an opened file */

/* NULL if the file cannot be read. */
struct mt_scopes *mt_scopes_open(const char *path);

/* The places of the address that lies `offset` behind the file's first loaded segment. */
struct mt_places mt_scopes_at(struct mt_scopes *scopes, uint64_t offset);

/* False if it was built without -g and no separate debug file was found. */
bool mt_scopes_debug(struct mt_scopes *scopes);

void mt_scopes_close(struct mt_scopes *scopes);

#endif
