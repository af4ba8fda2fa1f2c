#include "base/out.h"

#include "base/sys.h"
#include <errno.h>
#include <string.h>

void mt_out_init(struct mt_out *out, int fd, char *buffer, size_t capacity) {
    *out = (struct mt_out){.fd = fd, .buffer = buffer, .capacity = capacity};
}

static bool stays(const struct mt_out *out) {
    return out->fd < 0 && !out->write;
}

static void write_all(struct mt_out *out) {
    const char *at = out->buffer;
    size_t left = out->used;
    while (left) {
        long done =
            out->write ? out->write(at, left) : mt_sys3(SYS_write, out->fd, at, left);
        if (done == -EINTR)
            continue;
        if (done <= 0) {
            /* A write of nothing would be tried for ever. */
            out->error = done ? (int)done : -EIO;
            return;
        }
        at += done;
        left -= (size_t)done;
        out->written += (uint64_t)done;
    }
}

void mt_out_flush(struct mt_out *out) {
    if (stays(out) || !out->used)
        return;
    if (!out->error) {
        if (out->on_flush)
            out->on_flush(out->context, out->buffer, out->used);
        write_all(out);
    }
    out->used = 0;
}

/* What does not fit: over as many buffers as it takes. */
static MT_COLD void bytes_in_pieces(struct mt_out *out, const char *bytes, size_t length) {
    while (length) {
        size_t room = out->capacity - out->used;
        if (!room) {
            if (stays(out) || !out->capacity)
                return;
            mt_out_flush(out);
            continue;
        }
        size_t piece = length < room ? length : room;
        memcpy(out->buffer + out->used, bytes, piece);
        out->used += piece;
        bytes += piece;
        length -= piece;
    }
}

void mt_out_bytes(struct mt_out *out, const char *bytes, size_t length) {
    if (MT_UNLIKELY(length > out->capacity - out->used)) {
        bytes_in_pieces(out, bytes, length);
        return;
    }
    memcpy(out->buffer + out->used, bytes, length);
    out->used += length;
}

void mt_out_u64(struct mt_out *out, uint64_t value) {
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    mt_out_bytes(out, digits + at, sizeof digits - at);
}

void mt_out_i64(struct mt_out *out, int64_t value) {
    if (value < 0)
        mt_out_bytes(out, "-", 1);
    mt_out_u64(out, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void mt_out_hex(struct mt_out *out, uint64_t value, unsigned least_digits) {
    char digits[16];
    size_t at = sizeof digits;
    do {
        digits[--at] = "0123456789abcdef"[value & 15];
        value >>= 4;
    } while (at && (value || sizeof digits - at < least_digits));
    mt_out_bytes(out, digits + at, sizeof digits - at);
}

/* Length of the well-formed UTF-8 sequence at `text`, or 0. Overlong forms, surrogates and
 * what lies beyond U+10FFFF are not well-formed. */
static size_t utf8_length(const unsigned char *text, size_t most) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = text[0] < 0xc2 ? 0 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
    if (!length || length > most || text[0] > 0xf4)
        return 0;
    uint32_t code = text[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (text[i] & 0x3fu);
    }
    bool surrogate = code >= 0xd800 && code < 0xe000;
    return code < least[length] || code > 0x10ffff || surrogate ? 0 : length;
}

static void json_ascii(struct mt_out *out, unsigned char byte) {
    char plain = (char)byte;
    if (byte == '"' || byte == '\\') {
        mt_out_bytes(out, "\\", 1);
    } else if (byte < 0x20 || byte == 0x7f) {
        mt_out_text(out, "\\u");
        mt_out_hex(out, byte, 4);
        return;
    }
    mt_out_bytes(out, &plain, 1);
}

void mt_out_json(struct mt_out *out, const char *text, size_t most) {
    const unsigned char *at = (const unsigned char *)text;
    size_t left = strnlen(text, most);
    mt_out_bytes(out, "\"", 1);
    while (left) {
        size_t length = 1;
        if (*at < 0x80) {
            json_ascii(out, *at);
        } else if ((length = utf8_length(at, left)) != 0) {
            mt_out_bytes(out, (const char *)at, length);
        } else {
            length = 1;
            mt_out_bytes(out, "?", 1);
        }
        at += length;
        left -= length;
    }
    mt_out_bytes(out, "\"", 1);
}
