/* What remains when a process may not be read: to ask it by signal. */
#ifndef MT_CLI_DUMP_ASK_H
#define MT_CLI_DUMP_ASK_H

#include <stdbool.h>
#include <stdint.h>

/* Sends SIGUSR1, the default of option `signal`, only to a process that handles it: it
 * would end any other. NULL if it was sent, else a static text that says why not. */
const char *mt_dump_ask(uint32_t pid);

/* Whether process `pid` has the file of descriptor `fd` mapped; false if that is unknown.
 */
bool mt_dump_maps(uint32_t pid, int fd);

#endif
