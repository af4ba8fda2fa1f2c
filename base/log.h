/*
 * Messages to the person who runs the program. One line each: "mtalloc: LEVEL: text"
 * (docs/FORMAT.md, "Log"). Of more than MT_LOG_MOST in a second the rest is counted, and
 * the next one says how many there were. The same privacy rules as for summaries: no
 * addresses, no contents, no text from outside (an unknown option's name is printed only to
 * the terminal it was typed at, as it is).
 */
#ifndef MT_BASE_LOG_H
#define MT_BASE_LOG_H

#include "base/out.h"

#define MT_LOG_MOST 64

enum mt_log_level { MT_LOG_ERROR, MT_LOG_WARNING, MT_LOG_INFO, MT_LOG_DEBUG };

/* Chooses the destination (option `log`), opens it if need be, and remembers which file it
 * is now, so that nothing is ever written to a file that took its place. What cannot be
 * opened, or is not safe to write to, is said on stderr, where messages go then. */
void mt_log_start(const char *destination, enum mt_log_level least_important);

/* One message from up to four texts, NULL ends. errno kept. MT_SIGNAL_SAFE. */
void mt_log(enum mt_log_level level, const char *a, const char *b, const char *c,
            const char *d);

/* The descriptor that messages go to now, or -1. MT_SIGNAL_SAFE. */
int mt_log_fd(void);

#endif
