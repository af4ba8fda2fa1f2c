#include "cli/format.h"

#include "cli/say.h"
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Three digits are enough to compare by; whatever rounds up to the next unit is shown in
 * it. */
static const char *scaled(char *text, uint64_t number, unsigned step) {
    static const char units[] = " KMGTPE";
    double value = (double)number;
    unsigned unit = 0;
    while (value >= (unit == 0 ? (double)step : (double)step - 0.05 * 10)) {
        value /= step;
        unit++;
    }
    if (unit == 0)
        snprintf(text, MT_FORMAT_MAX, "%llu", (unsigned long long)number);
    else
        snprintf(text, MT_FORMAT_MAX, value < 99.95 ? "%.1f%c" : "%.0f%c", value,
                 units[unit]);
    return text;
}

const char *mt_format_bytes(char text[MT_FORMAT_MAX], uint64_t bytes) {
    return scaled(text, bytes, 1024);
}

const char *mt_format_count(char text[MT_FORMAT_MAX], uint64_t count) {
    if (count > 999999)
        return scaled(text, count, 1000);
    snprintf(text, MT_FORMAT_MAX, "%llu", (unsigned long long)count);
    return text;
}

const char *mt_format_exact(char text[MT_FORMAT_MAX], uint64_t number) {
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
    char *to = text;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            *to++ = ',';
        *to++ = digits[i];
    }
    *to = '\0';
    return text;
}

const char *mt_format_time(char text[MT_FORMAT_MAX], uint64_t ms) {
    double seconds = (double)ms / 1000;
    if (seconds < 120)
        snprintf(text, MT_FORMAT_MAX, seconds < 9.995 ? "%.2f s" : "%.1f s", seconds);
    else if (seconds < 7200)
        snprintf(text, MT_FORMAT_MAX, "%.0f min", seconds / 60);
    else
        snprintf(text, MT_FORMAT_MAX, "%.1f h", seconds / 3600);
    return text;
}

const char *mt_format_share(char text[MT_FORMAT_MAX], uint64_t part, uint64_t whole) {
    double share = whole > 0 ? 100.0 * (double)part / (double)whole : 0;
    const char *form = part > 0 && share < 1          ? "<1%%"
                       : part < whole && share > 99.5 ? ">99%%"
                                                      : "%.0f%%";
    snprintf(text, MT_FORMAT_MAX, form, share);
    return text;
}

struct mt_paper mt_paper_of(FILE *out) {
    struct mt_paper paper = {.out = out};
    if (!isatty(fileno(out)))
        return paper;
    struct winsize size;
    const char *no_colour = getenv("NO_COLOR"), *terminal = getenv("TERM");
    bool known = ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col >= 40;
    paper.width = known ? size.ws_col : 80;
    paper.colour = (no_colour == NULL || no_colour[0] == '\0') && terminal != NULL &&
                   strcmp(terminal, "dumb") != 0;
    return paper;
}

const char *mt_paper_strong(const struct mt_paper *p) {
    return p->colour ? "\033[1m" : "";
}
const char *mt_paper_faint(const struct mt_paper *p) {
    return p->colour ? "\033[2m" : "";
}
const char *mt_paper_plain(const struct mt_paper *p) {
    return p->colour ? "\033[0m" : "";
}

/* The byte at which the column begins. */
static size_t byte_of(const char *text, size_t column) {
    size_t at = 0;
    for (size_t seen = 0; text[at] != '\0'; at++)
        if (((unsigned char)text[at] & 0xc0) != 0x80 && seen++ == column)
            break;
    return at;
}

void mt_paper_fit(const struct mt_paper *paper, const char *text, size_t columns) {
    size_t has = mt_text_columns(text);
    if (paper->width == 0 || has <= columns) {
        fputs(text, paper->out);
        return;
    }
    size_t shown = columns > 2 ? columns - 2 : 1, head = (shown + 1) / 2;
    fprintf(paper->out, "%.*s..%s", (int)byte_of(text, head), text,
            text + byte_of(text, has - (shown - head)));
}
