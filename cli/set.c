/* `mtalloc set`: changes an option of a process that runs. */
#include "cli/ask.h"
#include "cli/command.h"
#include "cli/say.h"

#include "base/option_values.h"
#include "base/options.h"
#include <stdio.h>
#include <string.h>

static const struct mt_argument arguments[] = {
    {'t', "timeout", "SECONDS", "time to wait for the answer (default 10)"},
    {0},
};
static int set(int argc, char **argv);

const struct mt_command mt_command_set = {
    .name = "set",
    .operands = "PID|NAME stack=MODE",
    .summary = "changes what a running process counts by: stack=off, caller, full, sampled",
    .arguments = arguments,
    .run = set,
};

static const struct mt_option_info *stack_row(void) {
    for (size_t i = 0;; i++)
        if (!strcmp(mt_option_table[i].name, "stack"))
            return &mt_option_table[i];
}

/* The name of a mode, which may come from a hostile process. */
static const char *mode_name(uint32_t mode) {
    static const char *const names[] = {"off", "caller", "full", "sampled"};
    return mode < sizeof names / sizeof names[0] ? names[mode] : "?";
}

static int parse(const char *text, uint32_t *mode) {
    const struct mt_option_info *row = stack_row();
    const char *equals = strchr(text, '=');
    if (equals == NULL)
        return mt_command_misused(&mt_command_set, "set needs NAME=VALUE, not %s", text);
    if (strncmp(text, "stack=", 6) != 0)
        return mt_command_misused(
            &mt_command_set,
            "option %.*s cannot be changed while a program runs, only stack",
            (int)(equals - text), text);
    if (!mt_option_read_enum(row->text, equals + 1, strlen(equals + 1), mode))
        return mt_command_misused(&mt_command_set, "option stack is one of %s", row->text);
    return MT_EXIT_STATUS_OK;
}

static int change(const char *operand, uint32_t mode, unsigned seconds) {
    struct mt_ask ask = {.verb = "set stack of"};
    struct mt_control answer;
    int status = mt_ask_open(&ask, operand, seconds);
    if (status == MT_EXIT_STATUS_OK && mode == MT_STACK_SAMPLED &&
        (ask.stack_mode == MT_STACK_FULL || ask.stack_mode == MT_STACK_CALLER)) {
        mt_say("cannot set stack of process %u: sampled mixes only with off, it has %s",
               ask.pid, mode_name(ask.stack_mode));
        status = MT_EXIT_STATUS_FAILED;
    }
    if (status == MT_EXIT_STATUS_OK)
        status = mt_ask_send(&ask, MT_CONTROL_SET_STACK, (uint8_t)mode, &answer);
    if (status == MT_EXIT_STATUS_OK)
        printf("process %u: stack=%s, was %s\n", ask.pid, mode_name(mode),
               mode_name(ask.stack_mode));
    mt_ask_close(&ask);
    return status;
}

static int set(int argc, char **argv) {
    struct mt_arguments args = {.command = &mt_command_set, argc, 1, argv, false, NULL, 0};
    const char *operand[2] = {NULL, NULL};
    unsigned seconds = 10, count = 0;
    uint32_t mode = 0;
    int key;
    while ((key = mt_arguments_next(&args)) != MT_ARGUMENT_END) {
        if (key == MT_ARGUMENT_STOP)
            return args.status;
        if (key == 't' && !mt_arguments_number(&args, "timeout", 86400, &seconds))
            return MT_EXIT_STATUS_USAGE;
        if (key == 't')
            continue;
        if (count == 2)
            return mt_command_misused(args.command, "one option, not also %s", args.value);
        operand[count++] = args.value;
    }
    if (count < 2)
        return mt_command_misused(args.command, "set needs a PID or NAME, and stack=MODE");
    int status = parse(operand[1], &mode);
    return status == MT_EXIT_STATUS_OK ? change(operand[0], mode, seconds) : status;
}
