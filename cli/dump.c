/* `mtalloc dump`: a summary of a process that runs, or of what a recorder kept. */
#include "cli/command.h"
#include "cli/dump_ask.h"
#include "cli/dump_wait.h"
#include "cli/say.h"
#include "cli/sealing.h"
#include "cli/source.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { KEY_FROM = 256, KEY_CORE };
static const struct mt_argument arguments[] = {
    {'o', "output", "FILE", "write FILE, - for stdout (default PROGRAM.PID.mtalloc)"},
    {'r', "recipient", "KEY", "seal the summary to this public key (see mtalloc keygen)"},
    {KEY_FROM, "from", "RECORDING", "a recorder's file instead of a process"},
    {KEY_CORE, "core", "FILE", "a core instead of a process"},
    {0},
};
static int dump(int argc, char **argv);

const struct mt_command mt_command_dump = {
    .name = "dump",
    .operands = "PID",
    .summary = "writes a summary of a running process, without disturbing it",
    .arguments = arguments,
    .run = dump,
};

static int write_summary(const struct mt_source *source, const struct mt_region *region,
                         const char *output) {
    char *path;
    int status = mt_source_save(source, region, output, &path);
    if (status == MT_EXIT_STATUS_OK && output == NULL)
        printf("%s\n", path);
    free(path);
    return status;
}

#define ANSWER_MS 2000

static int cannot_read(const struct mt_source *source) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME_COARSE, &now); /* what the file's time is taken from */
    const char *why_not = mt_dump_ask(source->pid);
    if (why_not != NULL) {
        mt_say(
            "cannot dump %s: no permission to read its memory, and it cannot be asked by "
            "signal: %s",
            source->name, why_not);
        return MT_EXIT_STATUS_DENIED;
    }
    char *path = mt_dump_wait(source->pid, (int64_t)now.tv_sec * 1000000000 + now.tv_nsec,
                              ANSWER_MS);
    mt_say("%s may not be read, so it was asked by SIGUSR1: its summary %s", source->name,
           path != NULL ? "is" : "comes into its own directory (option dir)");
    if (path != NULL)
        printf("%s\n", path);
    free(path);
    return MT_EXIT_STATUS_OK;
}

static int dump_source(struct mt_source *source, const char *output) {
    struct mt_outside view;
    errno = 0;
    enum mt_outside_error error = mt_source_open(source, &view);
    if (error == MT_OUTSIDE_OK) {
        int status = write_summary(source, view.region, output);
        mt_outside_close(&view);
        return status;
    }
    if (source->core != NULL && error != MT_OUTSIDE_IO)
        return MT_EXIT_STATUS_INPUT; /* it was said */
    if (source->pid != 0 && error == MT_OUTSIDE_NO_PERMISSION)
        return cannot_read(source);
    return mt_source_refused(source, "dump", error);
}

static int dump(int argc, char **argv) {
    struct mt_arguments args = {.command = &mt_command_dump, argc, 1, argv, false, NULL, 0};
    char process[32] = "";
    struct mt_source source = {.name = process};
    const char *output = NULL;
    int key;
    while ((key = mt_arguments_next(&args)) != MT_ARGUMENT_END) {
        if (key == MT_ARGUMENT_STOP)
            return args.status;
        if (key == 'o')
            output = args.value;
        else if (key == 'r' && !mt_sealing_recipient(args.value))
            return mt_command_misused(args.command, "%s is no public key", args.value);
        else if (key == 'r')
            continue;
        else if (key == KEY_FROM)
            source.recording = source.name = args.value;
        else if (key == KEY_CORE)
            source.core = source.name = args.value;
        else if (source.pid != 0)
            return mt_command_misused(args.command, "one PID, not also %s", args.value);
        else if (!mt_source_pid(args.value, &source.pid))
            return mt_command_misused(args.command, "%s is not a process ID", args.value);
        else
            snprintf(process, sizeof process, "process %u", source.pid);
    }
    if ((source.pid != 0) + (source.recording != NULL) + (source.core != NULL) != 1)
        return mt_command_misused(args.command,
                                  "dump needs a PID or --from RECORDING or --core FILE");
    return dump_source(&source, output);
}
