/*
 * Messages to the person who runs the program. One line each, "mtalloc: LEVEL: NAME
 * key=value …", the names and keys declared in base/messages.def (docs/FORMAT.md, "Log").
 * Of more than MT_LOG_MOST in a second the rest is counted, and the next one says how many
 * there were. The same privacy rules as for summaries: no addresses, no contents, no text
 * from outside.
 */
#ifndef MT_BASE_LOG_H
#define MT_BASE_LOG_H

#include "base/out.h"

#define MT_LOG_MOST     64
#define MT_MESSAGE_KEYS 3

enum mt_log_level { MT_LOG_ERROR, MT_LOG_WARNING, MT_LOG_INFO, MT_LOG_DEBUG };

enum mt_message {
#define MESSAGE(id, level, name, keys) MT_SAY_##id,
#include "base/messages.def"
#undef MESSAGE
    MT_MESSAGES
};

/* Chooses the destination (option `log`), opens it if need be, and remembers which file it
 * is now, so that nothing is ever written to a file that took its place. What cannot be
 * opened, or is not safe to write to, is said on stderr, where messages go then. */
void mt_log_start(const char *destination, enum mt_log_level least_important);

/* One message, with the values of its keys in their order; NULL leaves a key out. errno
 * kept. MT_SIGNAL_SAFE. */
void mt_log(enum mt_message message, const char *a, const char *b, const char *c);

/* As mt_log(), with a number for the first key. */
void mt_log_number(enum mt_message message, uint64_t a, const char *b);

/* For lines of one's own: makes `out` go where messages go. The lines have no limit, and
 * `level` is that of all of them; one caller at a time. False when nobody would see them.
 * MT_SIGNAL_SAFE. */
bool mt_log_lines(struct mt_out *out, enum mt_log_level level, char *buffer,
                  size_t capacity);

/* The descriptor that messages go to now, or -1. MT_SIGNAL_SAFE. */
int mt_log_fd(void);

#endif
