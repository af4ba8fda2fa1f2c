/* `mtalloc dump`: a summary of a process that runs, or of what a recorder kept. */
#include "base/clock.h"
#include "cli/command.h"
#include "cli/dump_ask.h"
#include "cli/output.h"
#include "cli/policy.h"
#include "cli/sealing.h"
#include "cli/say.h"
#include "export/outside.h"
#include "export/resources.h"
#include "export/seal.h"
#include "export/summary.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEY_FROM = 256 };
static const struct mt_argument arguments[] = {
    {'o', "output", "FILE", "write FILE, - for stdout (default PROGRAM.PID.mtalloc)"},
    {'r', "recipient", "KEY", "seal the summary to this public key (see mtalloc keygen)"},
    {KEY_FROM, "from", "RECORDING", "a recorder's file instead of a process"},
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

/* What to read and where to put it. */
struct source {
    const char *name; /* for messages */
    uint32_t pid;     /* 0: a recording */
    const char *recording;
    const char *output; /* NULL: the default */
};

static int exit_status(enum mt_outside_error error) {
    switch (error) {
    case MT_OUTSIDE_NO_PROCESS:
    case MT_OUTSIDE_NO_LIBRARY:
    case MT_OUTSIDE_OFF:
    case MT_OUTSIDE_INCOMPLETE:
        return MT_EXIT_STATUS_PROCESS;
    case MT_OUTSIDE_NOT_REGION:
    case MT_OUTSIDE_NEWER:
        return MT_EXIT_STATUS_INPUT;
    default:
        return MT_EXIT_STATUS_FAILED;
    }
}

/* A recording's process may be at work still: then it is a summary like any other. */
static enum mt_outside_error open_source(struct source *source, struct mt_outside *view) {
    if (source->pid != 0)
        return mt_outside_read(source->pid, view);
    int fd = open(source->recording, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return MT_OUTSIDE_IO;
    enum mt_outside_error error = mt_outside_map_file(fd, view);
    if (error == MT_OUTSIDE_OK && mt_dump_maps(view->region->pid, fd))
        source->pid = view->region->pid;
    close(fd);
    return error;
}

/* The program's name as a file name: it comes from the process. A number is added to a
 * name that is taken. */
static char *default_output(const struct mt_region *region) {
    char name[MT_MODULE_NAME_MAX + 1] = {0}, *path;
    if (!region->strict && mt_policy()->floor.privacy != MT_PRIVACY_STRICT)
        memcpy(name, region->program, MT_MODULE_NAME_MAX);
    for (char *c = name; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c) && strchr(c == name ? "_-" : "_-.", *c) == NULL)
            *c = '_';
    for (unsigned number = 1;; number++) {
        char more[16] = "";
        if (number > 1)
            snprintf(more, sizeof more, ".%u", number);
        if (asprintf(&path, "%s.%u%s.mtalloc%s", name[0] ? name : "program", region->pid,
                     more, mt_seal_wanted() ? ".sealed" : "") < 0)
            return mt_copy("program.mtalloc");
        if (access(path, F_OK) != 0)
            return path;
        free(path);
    }
}

/* Of a process that is gone nothing is asked: its number may be another's by now. Nor is it
 * known how long it ran. */
static struct mt_resources resources_of(const struct source *source,
                                        const struct mt_region *region) {
    struct mt_resources resources = {.now_unix_ms = mt_clock_unix_ms()};
    if (source->pid != 0)
        mt_resources_of(source->pid, region->start_monotonic_ms, &resources);
    return resources;
}

static int write_summary(const struct source *source, const struct mt_region *region) {
    mt_sealing_for(region);
    if (!mt_policy_permits())
        return MT_EXIT_STATUS_FAILED;
    char *path = source->output != NULL ? mt_copy(source->output) : default_output(region);
    struct mt_resources resources = resources_of(source, region);
    struct mt_output output;
    int status = MT_EXIT_STATUS_FAILED;
    if (mt_sealing_possible() && mt_output_open(&output, path)) {
        struct mt_summary_target target = {.fd = output.fd,
                                           .max_bytes = mt_policy()->floor.max_dump_bytes,
                                           .strict = mt_policy()->floor.privacy ==
                                                     MT_PRIVACY_STRICT,
                                           .sealed = mt_seal_wanted()};
        int error = mt_summary_write(
            region, &target, source->pid != 0 ? MT_REASON_OUTSIDE : MT_REASON_RECORDING,
            &resources);
        if (error != 0) {
            mt_say("cannot write %s: %s", path, strerror(-error));
            mt_output_abandon(&output);
        } else if (mt_output_commit(&output)) {
            status = MT_EXIT_STATUS_OK;
            if (source->output == NULL)
                printf("%s\n", path);
        }
    }
    free(path);
    return status;
}

static int cannot_read(const struct source *source) {
    const char *why_not = mt_dump_ask(source->pid);
    if (why_not != NULL) {
        mt_say(
            "cannot dump %s: no permission to read its memory, and it cannot be asked by "
            "signal: %s",
            source->name, why_not);
        return MT_EXIT_STATUS_DENIED;
    }
    mt_say("%s may not be read, so it was asked by SIGUSR1: its summary comes into its own "
           "directory (option dir)",
           source->name);
    return MT_EXIT_STATUS_OK;
}

static int dump_source(struct source *source) {
    struct mt_outside view;
    errno = 0;
    enum mt_outside_error error = open_source(source, &view);
    if (error == MT_OUTSIDE_OK) {
        int status = write_summary(source, view.region);
        mt_outside_close(&view);
        return status;
    }
    if (source->pid != 0 && error == MT_OUTSIDE_NO_PERMISSION)
        return cannot_read(source);
    bool system = error == MT_OUTSIDE_IO && errno != 0;
    mt_say("cannot dump %s: %s", source->name,
           system ? strerror(errno) : mt_outside_message(error));
    return source->pid != 0 ? exit_status(error) : MT_EXIT_STATUS_INPUT;
}

static bool read_pid(const char *text, uint32_t *pid) {
    char *end;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    *pid = (uint32_t)number;
    return text[0] >= '1' && text[0] <= '9' && *end == '\0' && errno == 0 &&
           number <= INT32_MAX;
}

static int dump(int argc, char **argv) {
    struct mt_arguments args = {.command = &mt_command_dump, argc, 1, argv, false, NULL, 0};
    char process[32] = "";
    struct source source = {.name = process};
    int key;
    while ((key = mt_arguments_next(&args)) != MT_ARGUMENT_END) {
        if (key == MT_ARGUMENT_STOP)
            return args.status;
        if (key == 'o')
            source.output = args.value;
        else if (key == 'r' && !mt_sealing_recipient(args.value))
            return mt_command_misused(args.command, "%s is no public key", args.value);
        else if (key == 'r')
            continue;
        else if (key == KEY_FROM)
            source.recording = source.name = args.value;
        else if (source.pid != 0)
            return mt_command_misused(args.command, "one PID, not also %s", args.value);
        else if (!read_pid(args.value, &source.pid))
            return mt_command_misused(args.command, "%s is not a process ID", args.value);
        else
            snprintf(process, sizeof process, "process %u", source.pid);
    }
    if ((source.pid != 0) == (source.recording != NULL))
        return mt_command_misused(args.command, "dump needs a PID or --from RECORDING");
    return dump_source(&source);
}
