/* A subcommand and its arguments: rows from which parser and help are made. */
#ifndef MT_CLI_COMMAND_H
#define MT_CLI_COMMAND_H

#include "cli/exit_status.h"
#include <stdbool.h>

struct mt_argument {
    int key;           /* letter of the short form, or above 255 for none; 0 ends */
    const char *name;  /* long form, without dashes */
    const char *value; /* what the value is called, NULL: takes none */
    const char *help;
};

struct mt_command {
    const char *name;
    const char *operands;
    const char *summary;
    const struct mt_argument *arguments;
    bool stop_at_operand;              /* what follows the first operand is not ours */
    int (*run)(int argc, char **argv); /* argv[0] is the subcommand's name */
};

/* Defined each in a file of its own, listed in cli/main.c. */
extern const struct mt_command mt_command_run, mt_command_dump, mt_command_top,
    mt_command_check_heap, mt_command_set, mt_command_report, mt_command_sanitize,
    mt_command_keygen, mt_command_decrypt, mt_command_symbolize, mt_command_options;

/* ---- walking the arguments ---- */

enum { MT_ARGUMENT_END = -1, MT_ARGUMENT_OPERAND = -2, MT_ARGUMENT_STOP = -3 };

struct mt_arguments {
    const struct mt_command *command;
    int argc, at;
    char **argv;
    bool operands_only; /* after "--" */
    const char *value;  /* of the option or operand just returned */
    int status;         /* after MT_ARGUMENT_STOP: what to exit with */
};

/* The next option's key, OPERAND, END, or STOP when help was printed or an error said. */
int mt_arguments_next(struct mt_arguments *arguments);

/* Parses a plain number from 0 to most; says what was wrong otherwise. */
bool mt_arguments_number(const struct mt_arguments *arguments, const char *name,
                         unsigned most, unsigned *number);

/* The one line for bad usage; returns MT_EXIT_STATUS_USAGE. */
int mt_command_misused(const struct mt_command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void mt_command_help(const struct mt_command *command);

#endif
