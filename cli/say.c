#include "cli/say.h"

#include "cli/exit_status.h"
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void (*mt_say_instead)(const char *text);

void mt_say(const char *format, ...) {
    char *text = NULL;
    va_list list;
    va_start(list, format);
    int length = vasprintf(&text, format, list);
    va_end(list);
    if (length < 0)
        return;
    char *clean = mt_text_clean(text, (size_t)length);
    if (mt_say_instead != NULL) {
        mt_say_instead(clean);
    } else {
        fflush(stdout);
        fprintf(stderr, "mtalloc: %s\n", clean);
    }
    free(clean);
    free(text);
}

/* Bytes of the printable UTF-8 character at `s`, 0 if there is none. */
static size_t printable(const unsigned char *s, size_t left) {
    if (s[0] < 0x80)
        return s[0] >= 0x20 && s[0] != 0x7f ? 1 : 0;
    size_t length = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (s[0] < 0xc2 || s[0] > 0xf4 || length > left)
        return 0;
    uint32_t code = s[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (s[i] & 0x3f);
    }
    if (code < least[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return 0;
    if (code < 0xa0 || (code >= 0x200b && code <= 0x200f) ||
        (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) ||
        code == 0xfeff)
        return 0;
    return length;
}

char *mt_text_clean(const char *text, size_t most) {
    size_t length = strnlen(text, most);
    char *clean = mt_alloc(length * 4 + 1, 1), *to = clean;
    for (size_t i = 0; i < length;) {
        size_t bytes = printable((const unsigned char *)text + i, length - i);
        if (bytes == 0) {
            to += sprintf(to, "\\x%02x", (unsigned char)text[i++]);
            continue;
        }
        memcpy(to, text + i, bytes);
        to += bytes;
        i += bytes;
    }
    *to = '\0';
    return clean;
}

size_t mt_text_columns(const char *text) {
    size_t columns = 0;
    for (; *text != '\0'; text++)
        columns += ((unsigned char)*text & 0xc0) != 0x80;
    return columns;
}

static void *checked(void *block) {
    if (block != NULL)
        return block;
    fputs("mtalloc: out of memory\n", stderr);
    exit(MT_EXIT_STATUS_FAILED);
}

void *mt_alloc(size_t count, size_t size) {
    return checked(calloc(count ? count : 1, size));
}

void *mt_resize(void *block, size_t count, size_t size) {
    return checked(reallocarray(block, count ? count : 1, size));
}

char *mt_copy(const char *text) {
    return checked(strdup(text));
}

char *mt_join(const char *a, const char *b, const char *c) {
    char *all = NULL;
    return asprintf(&all, "%s%s%s", a, b, c) < 0 ? checked(NULL) : all;
}
