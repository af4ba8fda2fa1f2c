/* `mtalloc options`: the library's options, from their table. */
#include "base/options.h"

#include "cli/command.h"
#include "cli/format.h"
#include "cli/options_text.h"
#include <stdio.h>

static const struct mt_argument arguments[] = {{0}};
static int options(int argc, char **argv);

const struct mt_command mt_command_options = {
    .name = "options",
    .operands = "",
    .summary = "lists the library's options, for MTALLOC_OPTIONS and run --option",
    .arguments = arguments,
    .run = options,
};

static int options(int argc, char **argv) {
    struct mt_arguments args = {
        .command = &mt_command_options, argc, 1, argv, false, NULL, 0};
    int key = mt_arguments_next(&args);
    if (key == MT_ARGUMENT_STOP)
        return args.status;
    if (key == MT_ARGUMENT_OPERAND)
        return mt_command_misused(args.command, "options takes no operand: %s", args.value);
    puts("MTALLOC_OPTIONS=\"NAME=VALUE,NAME=VALUE\"; the value in brackets is the "
         "default.\n");
    for (size_t i = 0; i < mt_option_count; i++)
        mt_option_print(&mt_option_table[i], stdout);
    return MT_EXIT_STATUS_OK;
}
