/*
 * The one writer of text that leaves the process: log lines, reports, summaries.
 *
 * Buffered, no malloc, no stdio, no locale, raw write system calls. MT_SIGNAL_SAFE; an
 * mt_out belongs to one caller at a time. Numbers are formatted here and nowhere else.
 */
#ifndef MT_BASE_OUT_H
#define MT_BASE_OUT_H

#include "base/attr.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct mt_out {
    int fd;    /* where full buffers go; -1 without `write`: stay there, drop the rest */
    int error; /* first negative errno; later output is dropped */
    size_t used, capacity;
    char *buffer;
    uint64_t written;                                /* bytes handed to write() so far */
    long (*write)(const char *bytes, size_t length); /* NULL: the system call, to `fd`.
                                                        As that: how many, or an error */
    void (*on_flush)(void *context, const char *bytes, size_t length); /* may be NULL */
    void *context;
};

void mt_out_init(struct mt_out *out, int fd, char *buffer, size_t capacity);
void mt_out_bytes(struct mt_out *out, const char *bytes, size_t length);
MT_INLINE void mt_out_text(struct mt_out *out, const char *text) {
    mt_out_bytes(out, text, strlen(text)); /* a constant for most callers */
}
void mt_out_u64(struct mt_out *out, uint64_t value);
void mt_out_i64(struct mt_out *out, int64_t value);
void mt_out_hex(struct mt_out *out, uint64_t value, unsigned least_digits);
/* A JSON string with its quotes: escapes quotes, backslash, control bytes; bytes that are
 * not UTF-8 become '?'. */
void mt_out_json(struct mt_out *out, const char *text, size_t most);
/* Writes the buffer out, repeating on EINTR and short writes. */
void mt_out_flush(struct mt_out *out);

#endif
