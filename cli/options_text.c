#include "cli/options_text.h"

#include "cli/wrap.h"
#include <inttypes.h>
#include <string.h>

/* Bytes with the suffix that the parser takes, if they come out even. */
static void print_size(uint64_t bytes, FILE *out) {
    static const char units[] = "KMGT";
    int unit = -1;
    while (bytes >= 1024 && bytes % 1024 == 0 && unit < 2) {
        bytes /= 1024;
        unit++;
    }
    fprintf(out, "%" PRIu64, bytes);
    if (unit >= 0)
        fputc(units[unit], out);
}

static void print_enum(const struct mt_option_info *option, FILE *out) {
    const char *name = option->text;
    for (uint64_t i = 0; i < option->initial && name != NULL; i++)
        name = strchr(name, '|') ? strchr(name, '|') + 1 : NULL;
    fprintf(out, "=%s  [%.*s]", option->text, name ? (int)strcspn(name, "|") : 0,
            name ? name : "");
}

void mt_option_print(const struct mt_option_info *option, FILE *out) {
    fputs(option->name, out);
    switch (option->type) {
    case MT_OPT_BOOL:
        fprintf(out, "  [%s]", option->initial ? "1" : "0");
        break;
    case MT_OPT_UINT:
        fprintf(out, "=%" PRIu64 "..%" PRIu64 "  [%" PRIu64 "]", option->min, option->max,
                option->initial);
        break;
    case MT_OPT_SIZE:
        fputc('=', out);
        print_size(option->min, out);
        fputs("..", out);
        print_size(option->max, out);
        fputs("  [", out);
        print_size(option->initial, out);
        fputc(']', out);
        break;
    case MT_OPT_ENUM:
        print_enum(option, out);
        break;
    case MT_OPT_TEXT:
        fprintf(out, "=TEXT  [%s]", option->text[0] ? option->text : "none");
        break;
    }
    fputs("\n    ", out);
    mt_wrap(out, 4, option->help);
}
