/* The summary that a process writes into its own directory when it is asked by signal. */
#ifndef MT_CLI_DUMP_WAIT_H
#define MT_CLI_DUMP_WAIT_H

#include <stdint.h>

/*
 * Waits for process `pid`'s summary, one that is newer than `since_ns` (of the real-time
 * clock), in the directories where one goes by default: the policy's, $RUNTIME_DIRECTORY,
 * $XDG_RUNTIME_DIR/mtalloc of this command, /var/tmp/mtalloc-UID. Its path, to be freed, or
 * NULL when none came within `wait_ms`. The directory and the file are the process's
 * user's, and nobody else may write to them.
 */
char *mt_dump_wait(uint32_t pid, int64_t since_ns, unsigned wait_ms);

#endif
