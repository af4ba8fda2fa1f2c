/* "key=value,key=value" into struct mt_options. The text is hostile. */
#include "base/options.h"

#include "base/option_values.h"
#include <string.h>

struct item {
    const char *name, *value;
    size_t name_length, value_length;
    bool bare; /* no '=' */
};

struct parse {
    struct mt_options *options;
    void (*problem)(const struct mt_option_problem *, void *);
    void *context;
    unsigned problems;
};

/* The next item that is not empty; false at the end. Moves *text behind it. */
static bool next_item(const char **text, struct item *item) {
    const char *at = *text;
    while (*at == ',')
        at++;
    size_t length = strcspn(at, ",");
    const char *equals = memchr(at, '=', length);
    item->name = at;
    item->name_length = equals ? (size_t)(equals - at) : length;
    item->bare = !equals;
    item->value = equals ? equals + 1 : at + length;
    item->value_length = (size_t)(at + length - item->value);
    *text = at + length;
    return length != 0;
}

static const struct mt_option_info *find(const struct item *item) {
    for (size_t i = 0; i < mt_option_count; i++) {
        const struct mt_option_info *option = &mt_option_table[i];
        if (strlen(option->name) == item->name_length &&
            memcmp(option->name, item->name, item->name_length) == 0)
            return option;
    }
    return NULL;
}

static bool store(struct mt_options *options, const struct mt_option_info *option,
                  const struct item *item) {
    char *field = (char *)options + option->offset;
    const char *value = item->value;
    size_t length = item->value_length;
    uint64_t number;
    if (item->bare) {
        if (option->type != MT_OPT_BOOL)
            return false;
        value = "1";
        length = 1;
    }
    switch (option->type) {
    case MT_OPT_BOOL:
        return mt_option_read_bool(value, length, (bool *)field);
    case MT_OPT_UINT:
    case MT_OPT_SIZE:
        if (!mt_option_read_number(value, length, option->type == MT_OPT_SIZE, &number) ||
            number < option->min || number > option->max)
            return false;
        memcpy(field, &number, sizeof number);
        return true;
    case MT_OPT_ENUM:
        return mt_option_read_enum(option->text, value, length, (uint32_t *)field);
    case MT_OPT_TEXT:
        if (length >= MT_OPTION_TEXT_MAX ||
            !mt_option_text_fits(option->name, value, length))
            return false;
        memcpy(field, value, length);
        field[length] = '\0';
        return true;
    }
    return false;
}

static void apply_item(struct parse *parse, const struct item *item) {
    const struct mt_option_info *option = find(item);
    if (option && store(parse->options, option, item))
        return;
    struct mt_option_problem problem = {item->name, item->name_length, option};
    parse->problems++;
    if (parse->problem)
        parse->problem(&problem, parse->context);
}

static bool is_preset(const struct item *item) {
    static const char name[] = "preset";
    return item->name_length == sizeof name - 1 &&
           memcmp(item->name, name, sizeof name - 1) == 0;
}

/* What a preset stands for; options set explicitly come later and win. */
static void apply_preset(struct mt_options *options) {
    if (options->preset == MT_PRESET_PRODUCTION)
        return;
    if (options->preset == MT_PRESET_GUARD)
        memcpy(options->guard, "all", sizeof "all");
    options->on_error = MT_ON_ERROR_ABORT;
    options->quarantine = MT_QUARANTINE_ALL;
    options->fill = MT_FILL_JUNK;
    options->check = MT_CHECK_HEADERS;
    options->leaks = MT_LEAKS_SITES;
}

unsigned mt_options_parse(struct mt_options *options, const char *text,
                          void (*problem)(const struct mt_option_problem *, void *),
                          void *context) {
    struct parse parse = {options, problem, context, 0};
    struct item item;
    bool preset_given = false;
    for (const char *at = text; next_item(&at, &item);) {
        if (is_preset(&item)) {
            apply_item(&parse, &item);
            preset_given = true;
        }
    }
    if (preset_given)
        apply_preset(options);
    for (const char *at = text; next_item(&at, &item);) {
        if (!is_preset(&item))
            apply_item(&parse, &item);
    }
    return parse.problems;
}
