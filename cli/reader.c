#include "cli/reader.h"

#include "cli/records.h"
#include "cli/say.h"
#include "export/seal.h"
#include "track/region.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

struct input {
    int fd;
    bool at_end;
    size_t start, end; /* bytes in the buffer that are not yet read */
    char *buffer;      /* of BUFFER_BYTES */
    uint64_t line;     /* lines handed out so far */
    XXH3_state_t *sum; /* over the lines before the one being read */
    struct mt_reader_verdict verdict;
    void (*each)(void *context, const json_t *record); /* may be NULL */
    void *context;
};
#define BUFFER_BYTES (4 * (size_t)MT_READER_LINE_MAX)

__attribute__((format(printf, 3, 4))) static void
stop(struct input *in, enum mt_reader_result result, const char *format, ...) {
    va_list list;
    va_start(list, format);
    /* The analyzer forgets va_start() when it reads several files in one run. */
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
    vsnprintf(in->verdict.text, sizeof in->verdict.text, format, list);
    va_end(list);
    in->verdict.result = result;
    in->verdict.line = in->line;
}

/* After the header what was read stays usable. */
static void damaged(struct input *in, const char *what) {
    if (in->line <= 1)
        stop(in, MT_READER_REFUSED, "is not a summary (%s in line 1)", what);
    else
        stop(in, MT_READER_PARTIAL,
             "is damaged in line %llu: %s; shown is what came before",
             (unsigned long long)in->line, what);
}

static bool fill(struct input *in) {
    if (in->at_end)
        return false;
    memmove(in->buffer, in->buffer + in->start, in->end - in->start);
    in->end -= in->start;
    in->start = 0;
    ssize_t got;
    do
        got = read(in->fd, in->buffer + in->end, BUFFER_BYTES - in->end);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        stop(in, in->line == 0 ? MT_READER_REFUSED : MT_READER_PARTIAL,
             "cannot be read%s: %s", in->line == 0 ? "" : " further", strerror(errno));
    in->at_end = got <= 0;
    in->end += got > 0 ? (size_t)got : 0;
    return got > 0;
}

/* The next whole line without its newline; false when there is none or it is too long. */
static bool next_line(struct input *in, char **text, size_t *length) {
    size_t seen = 0;
    for (;;) {
        char *from = in->buffer + in->start;
        size_t left = in->end - in->start;
        char *newline = memchr(from + seen, '\n', left - seen);
        size_t bytes = newline != NULL ? (size_t)(newline - from) : left;
        if (bytes > MT_READER_LINE_MAX) {
            in->line++;
            damaged(in, "the line is too long");
            return false;
        }
        if (newline != NULL) {
            *text = from;
            *length = bytes;
            in->start += bytes + 1;
            in->line++;
            return true;
        }
        seen = left;
        if (!fill(in))
            return false;
    }
}

static json_t *parse(struct input *in, const char *text, size_t length) {
    json_error_t error;
    json_t *record = json_loadb(text, length, 0, &error);
    if (json_is_object(record) && json_is_string(json_object_get(record, "type")))
        return record;
    json_decref(record);
    damaged(in, "it holds no record");
    return NULL;
}

static void read_header(struct input *in, struct mt_model *model, const json_t *record) {
    const char *format = json_string_value(json_object_get(record, "format"));
    uint64_t version;
    if (strcmp(json_string_value(json_object_get(record, "type")), "header") != 0 ||
        format == NULL || strcmp(format, "mtalloc-summary") != 0 ||
        !mt_records_number(record, "version", &version) || version == 0) {
        stop(in, MT_READER_REFUSED, "is not a summary (no header in line 1)");
        return;
    }
    if (version > 1) {
        stop(in, MT_READER_REFUSED,
             "has format version %llu, this mtalloc reads version 1: use a newer mtalloc",
             (unsigned long long)version);
        return;
    }
    const char *wrong = mt_records_header(model, record);
    if (wrong != NULL)
        damaged(in, wrong);
}

static void read_end(struct input *in, struct mt_model *model, const json_t *record) {
    const char *sum = json_string_value(json_object_get(record, "xxh3"));
    char expected[17];
    snprintf(expected, sizeof expected, "%016llx",
             (unsigned long long)XXH3_64bits_digest(in->sum));
    uint64_t records;
    bool counted =
        mt_records_number(record, "records", &records) && records == in->line - 1;
    mt_records_number(record, "mismatch", &model->mismatch);
    if (sum == NULL || strcmp(sum, expected) != 0 || !counted)
        stop(in, MT_READER_PARTIAL,
             "was changed after it was written: its checksum does not match");
    else if (in->start != in->end || fill(in))
        stop(in, MT_READER_PARTIAL, "goes on after its end record; the rest is left out");
}

/* Refused for what it is, in the words of whoever gave us the wrong file. */
static bool looks_foreign(struct input *in) {
    fill(in);
    uint64_t magic = 0;
    if (in->end >= sizeof magic)
        memcpy(&magic, in->buffer, sizeof magic);
    if (in->verdict.result != MT_READER_WHOLE)
        return true;
    if (in->end == 0)
        stop(in, MT_READER_REFUSED, "is empty");
    else if (magic == MT_REGION_MAGIC)
        stop(in, MT_READER_REFUSED,
             "is a recording: mtalloc dump --from makes a summary of it");
    else if (in->end >= sizeof magic && !memcmp(in->buffer, MT_SEAL_MAGIC, sizeof magic))
        stop(in, MT_READER_REFUSED, "is sealed: mtalloc decrypt opens it with its key");
    else if (in->buffer[0] != '{')
        stop(in, MT_READER_REFUSED, "is not a summary");
    return in->verdict.result != MT_READER_WHOLE;
}

static void read_all(struct input *in, struct mt_model *model) {
    char *text;
    size_t length;
    bool ended = false;
    if (looks_foreign(in))
        return;
    while (!ended && in->verdict.result == MT_READER_WHOLE &&
           next_line(in, &text, &length)) {
        json_t *record = parse(in, text, length);
        if (record == NULL)
            return;
        const char *type = json_string_value(json_object_get(record, "type"));
        ended = !strcmp(type, "end");
        if (in->line == 1) {
            read_header(in, model, record);
        } else if (ended) {
            read_end(in, model, record);
        } else {
            const char *wrong = mt_records_add(model, type, record);
            if (wrong != NULL)
                damaged(in, wrong);
        }
        if (in->each != NULL && in->verdict.result == MT_READER_WHOLE)
            in->each(in->context, record);
        json_decref(record);
        XXH3_64bits_update(in->sum, text, length + 1);
    }
    if (!ended && in->verdict.result == MT_READER_WHOLE)
        stop(in, in->line == 0 ? MT_READER_REFUSED : MT_READER_PARTIAL,
             in->line == 0 ? "is not a summary (no whole line)"
                           : "is truncated after line %llu; shown is what is whole",
             (unsigned long long)in->line);
}

struct mt_reader_verdict mt_reader_read(int fd, struct mt_model *model) {
    return mt_reader_each(fd, model, NULL, NULL);
}

struct mt_reader_verdict mt_reader_each(int fd, struct mt_model *model,
                                        void (*each)(void *, const json_t *),
                                        void *context) {
    struct input in = {
        .fd = fd, .buffer = mt_alloc(BUFFER_BYTES, 1), .each = each, .context = context};
    in.sum = XXH3_createState();
    if (in.sum == NULL)
        stop(&in, MT_READER_REFUSED, "cannot be read: out of memory");
    else if (XXH3_64bits_reset(in.sum) == XXH_OK)
        read_all(&in, model);
    if (in.sum != NULL)
        XXH3_freeState(in.sum);
    free(in.buffer);
    if (in.verdict.result == MT_READER_REFUSED)
        mt_model_free(model);
    return in.verdict;
}
