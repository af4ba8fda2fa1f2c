/* Messages into a function of the program's (mtalloc_set_log()). */
#ifndef MT_BASE_LOG_CALLBACK_H
#define MT_BASE_LOG_CALLBACK_H

#include "base/log.h"

/* Puts the function in place of the destination of option `log`; NULL: that is used again.
 */
void mt_log_set_callback(void (*function)(int level, const char *line, void *context),
                         void *context);

/* Whether there is one. MT_SIGNAL_SAFE. */
bool mt_log_has_callback(void);

/* What the program gave along with it. MT_SIGNAL_SAFE. */
void *mt_log_callback_context(void);

/* Hands a line to it, which ends with a NUL and no newline. What it causes itself, in the
 * same thread, is dropped. */
void mt_log_call(enum mt_log_level level, const char *line);

/* Makes `out` hand its lines to it. */
void mt_log_call_lines(struct mt_out *out, enum mt_log_level level);

#endif
