/* Processes by name, and what /proc says about one. */
#ifndef MT_CLI_PROCESS_H
#define MT_CLI_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * The process called `name` that runs with the library; one of which that cannot be known
 * counts as one. OK, or an exit status: what was wrong has been said, with the PIDs if
 * there are several.
 */
int mt_process_named(const char *name, uint32_t *pid);

/* The letter of its state in /proc/PID/stat, 0 if it is gone. */
char mt_process_state(uint32_t pid);

/* Its effective user; what owns /proc/PID is root where the process is not dumpable. */
bool mt_process_owner(uint32_t pid, uid_t *owner);

/* The number that it has for itself, which in a PID namespace is another than here. */
uint32_t mt_process_own_number(uint32_t pid);

/* The process that has this number for itself and the file mapped; 0: none is known. */
uint32_t mt_process_that_maps(uint32_t own_number, int fd);

/* Why its memory may not be read, for a message in brackets, "" if that is not clear. */
const char *mt_process_refusal(uint32_t pid);

/* A path at which the recording of a process can be opened, if it has one: option recorder,
 * or what `mtalloc run` keeps. NULL: none; else to be freed. */
char *mt_process_recording(uint32_t pid);

#endif
