/* `mtalloc`: the table of subcommands, which is also the help. */
#include "cli/command.h"
#include "cli/say.h"
#include "cli/wrap.h"
#include "mtalloc/mtalloc.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct mt_command *const commands[] = {
    &mt_command_run,        &mt_command_dump,    &mt_command_top,
    &mt_command_check_heap, &mt_command_set,     &mt_command_report,
    &mt_command_sanitize,   &mt_command_keygen,  &mt_command_decrypt,
    &mt_command_symbolize,  &mt_command_options,
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static const struct mt_command *find(const char *name) {
    for (int i = 0; i < COMMANDS; i++)
        if (!strcmp(commands[i]->name, name))
            return commands[i];
    return NULL;
}

static void overview(void) {
    puts("mtalloc: shows where a program's heap memory goes, by function, file and line.\n"
         "\nusage: mtalloc COMMAND [OPTION...]\n");
    for (int i = 0; i < COMMANDS; i++) {
        printf("  %-10s ", commands[i]->name);
        mt_wrap(stdout, 13, commands[i]->summary);
    }
    puts("  help       this text, or a command's options: mtalloc help COMMAND\n"
         "  --version  the version\n"
         "\nTo begin:  mtalloc run -- PROGRAM [ARGUMENT...]\n"
         "\nexit status:");
#define STATUS(id, number, text) printf("  %3d  %s\n", number, text);
    MT_EXIT_STATUSES(STATUS)
#undef STATUS
}

static int unknown(const char *what) {
    mt_say("no command %s (try: mtalloc help)", what);
    return MT_EXIT_STATUS_USAGE;
}

static int help(int argc, char **argv) {
    if (argc < 2) {
        overview();
        return MT_EXIT_STATUS_OK;
    }
    const struct mt_command *command = find(argv[1]);
    if (command == NULL)
        return unknown(argv[1]);
    mt_command_help(command);
    return MT_EXIT_STATUS_OK;
}

static int dispatch(int argc, char **argv) {
    if (argc < 2) {
        mt_say("a command is needed: run, dump, report, ... (try: mtalloc help)");
        return MT_EXIT_STATUS_USAGE;
    }
    const char *name = argv[1];
    if (!strcmp(name, "help") || !strcmp(name, "--help") || !strcmp(name, "-h"))
        return help(argc - 1, argv + 1);
    if (!strcmp(name, "--version")) {
        printf("mtalloc %d.%d.0\n", MTALLOC_VERSION_MAJOR, MTALLOC_VERSION_MINOR);
        return MT_EXIT_STATUS_OK;
    }
    const struct mt_command *command = find(name);
    return command != NULL ? command->run(argc - 1, argv + 1) : unknown(name);
}

int main(int argc, char **argv) {
    int status = dispatch(argc, argv);
    /* Output that did not arrive is a failure, but a reader that had enough is none. */
    if ((fflush(stdout) != 0 || ferror(stdout)) && status == MT_EXIT_STATUS_OK) {
        mt_say("cannot write to stdout: %s", strerror(errno));
        return MT_EXIT_STATUS_FAILED;
    }
    return status;
}
