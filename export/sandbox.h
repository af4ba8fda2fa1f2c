/*
 * Programs lock themselves in once they have started: a seccomp filter may kill for a
 * system call that the program never makes, but a summary does. Whether one came is asked
 * before anything of that kind is done.
 */
#ifndef MT_EXPORT_SANDBOX_H
#define MT_EXPORT_SANDBOX_H

#include <stdbool.h>

/* Remembers what was in force when the program started. What was in force then let the
 * dynamic loader open files. Called from the constructor. */
void mt_sandbox_start(void);

/* In a forked child. */
void mt_sandbox_after_fork(void);

/* Whether a filter may have come since, in this thread: then nothing may be opened and no
 * memory be read through the kernel. Says that `what` is not done, once in a process. Under
 * option sandbox=ignore never. Costs a system call or a few. MT_SIGNAL_SAFE. */
bool mt_sandbox_forbids(const char *what);

#endif
