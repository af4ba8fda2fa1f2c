#include "cli/command.h"
#include "cli/say.h"
#include "cli/wrap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int stop(struct mt_arguments *a, int status) {
    a->status = status;
    return MT_ARGUMENT_STOP;
}

int mt_command_misused(const struct mt_command *command, const char *format, ...) {
    char *text = NULL;
    va_list list;
    va_start(list, format);
    int length = vasprintf(&text, format, list);
    va_end(list);
    if (length >= 0)
        mt_say("%s (try: mtalloc help %s)", text, command->name);
    free(text);
    return MT_EXIT_STATUS_USAGE;
}

static const struct mt_argument *find(const struct mt_command *command, const char *text,
                                      size_t length, int letter) {
    for (const struct mt_argument *arg = command->arguments; arg->key != 0; arg++)
        if (letter != 0 ? arg->key == letter
                        : strlen(arg->name) == length && !strncmp(arg->name, text, length))
            return arg;
    return NULL;
}

static int take(struct mt_arguments *a, const struct mt_argument *arg,
                const char *inline_value) {
    a->value = inline_value;
    if (arg->value == NULL && inline_value != NULL)
        return stop(a, mt_command_misused(a->command, "--%s takes no value", arg->name));
    if (arg->value != NULL && inline_value == NULL) {
        if (a->at >= a->argc)
            return stop(a, mt_command_misused(a->command, "--%s needs a value: %s",
                                              arg->name, arg->value));
        a->value = a->argv[a->at++];
    }
    return arg->key;
}

int mt_arguments_next(struct mt_arguments *a) {
    if (a->at >= a->argc)
        return MT_ARGUMENT_END;
    const char *text = a->argv[a->at++];
    if (a->operands_only || text[0] != '-' || text[1] == '\0') {
        a->operands_only |= a->command->stop_at_operand;
        a->value = text;
        return MT_ARGUMENT_OPERAND;
    }
    if (!strcmp(text, "--")) {
        a->operands_only = true;
        return mt_arguments_next(a);
    }
    if (!strcmp(text, "--help") || !strcmp(text, "-h")) {
        mt_command_help(a->command);
        return stop(a, MT_EXIT_STATUS_OK);
    }
    const struct mt_argument *arg;
    const char *value = NULL;
    if (text[1] == '-') {
        const char *equals = strchr(text, '=');
        size_t length = equals ? (size_t)(equals - text - 2) : strlen(text + 2);
        arg = find(a->command, text + 2, length, 0);
        value = equals ? equals + 1 : NULL;
    } else {
        arg = find(a->command, NULL, 0, text[1]);
        value = text[2] != '\0' ? text + 2 : NULL;
    }
    if (arg == NULL)
        return stop(a, mt_command_misused(a->command, "%s has no option %s",
                                          a->command->name, text));
    return take(a, arg, value);
}

bool mt_arguments_number(const struct mt_arguments *a, const char *name, unsigned most,
                         unsigned *number) {
    char *end;
    unsigned long value = strtoul(a->value, &end, 10);
    if (a->value[0] >= '0' && a->value[0] <= '9' && *end == '\0' && value <= most) {
        *number = (unsigned)value;
        return true;
    }
    mt_command_misused(a->command, "--%s %s is not a number from 0 to %u", name, a->value,
                       most);
    return false;
}

void mt_command_help(const struct mt_command *command) {
    bool options = command->arguments->key != 0;
    printf("usage: mtalloc %s", command->name);
    if (options)
        fputs(" [OPTION...]", stdout);
    if (command->operands[0] != '\0')
        printf(" %s", command->operands);
    fputs("\n\n", stdout);
    mt_wrap(stdout, 0, command->summary);
    if (options)
        putchar('\n');
    for (const struct mt_argument *arg = command->arguments; arg->key != 0; arg++) {
        char left[64] = "    ";
        if (arg->key < 256)
            snprintf(left, sizeof left, "-%c, ", arg->key);
        snprintf(left + 4, sizeof left - 4, "--%s%s%s", arg->name, arg->value ? " " : "",
                 arg->value ? arg->value : "");
        printf("  %-23s ", left);
        mt_wrap(stdout, 26, arg->help);
    }
}
