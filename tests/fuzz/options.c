/* Any text as options: what is taken lies in its range, what is not is handed back. */
#include "base/option_values.h"
#include "base/options.h"
#include "tests/fuzz/target.h"

struct count {
    const char *text;
    size_t length;
    unsigned problems;
};

static void on_problem(const struct mt_option_problem *problem, void *context) {
    struct count *count = context;
    count->problems++;
    MUST(problem->name >= count->text &&
         problem->name + problem->name_length <= count->text + count->length);
}

static uint64_t value_of(const struct mt_options *options,
                         const struct mt_option_info *info) {
    const char *field = (const char *)options + info->offset;
    uint32_t small;
    uint64_t large;
    if (info->type == MT_OPT_BOOL)
        return *(const unsigned char *)field;
    memcpy(&small, field, sizeof small);
    memcpy(&large, field, sizeof large);
    return info->type == MT_OPT_ENUM ? small : large;
}

static uint64_t values_in(const char *text) {
    uint64_t count = 1;
    for (; *text; text++)
        count += *text == '|';
    return count;
}

static void check(const struct mt_options *options) {
    for (size_t i = 0; i < mt_option_count; i++) {
        const struct mt_option_info *info = &mt_option_table[i];
        const char *text = (const char *)options + info->offset;
        if (info->type == MT_OPT_TEXT)
            MUST(memchr(text, '\0', MT_OPTION_TEXT_MAX) != NULL);
        else if (info->type == MT_OPT_ENUM)
            MUST(value_of(options, info) < values_in(info->text));
        else if (info->type == MT_OPT_BOOL)
            MUST(value_of(options, info) <= 1);
        else
            MUST(value_of(options, info) >= info->min &&
                 value_of(options, info) <= info->max);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    static struct mt_options options;
    char *text = malloc(bytes + 1);
    MUST(text != NULL);
    memcpy(text, data, bytes);
    text[bytes] = '\0';
    struct count count = {.text = text, .length = strlen(text)};
    mt_options_default(&options);
    MUST(mt_options_parse(&options, text, on_problem, &count) == count.problems);
    check(&options);
    free(text);
    return 0;
}
