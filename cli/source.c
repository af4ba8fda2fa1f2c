#include "cli/source.h"

#include "base/clock.h"
#include "cli/core.h"
#include "cli/exit_status.h"
#include "cli/output.h"
#include "cli/policy.h"
#include "cli/process.h"
#include "cli/say.h"
#include "cli/sealing.h"
#include "export/resources.h"
#include "export/seal.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum mt_outside_error mt_source_recording(struct mt_source *source, int fd,
                                          struct mt_outside *view) {
    enum mt_outside_error error = mt_outside_map_file(fd, view);
    source->pid = error == MT_OUTSIDE_OK ? mt_process_that_maps(view->region->pid, fd) : 0;
    return error;
}

enum mt_outside_error mt_source_open(struct mt_source *source, struct mt_outside *view) {
    if (source->core != NULL)
        return mt_core_read(source->core, view);
    if (source->recording == NULL)
        return mt_outside_read(source->pid, view);
    int fd = open(source->recording, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return MT_OUTSIDE_IO;
    enum mt_outside_error error = mt_source_recording(source, fd, view);
    close(fd);
    return error;
}

/* Of a process that is gone nothing is asked: its number may be another's by now. Nor is it
 * known how long it ran. */
struct mt_resources mt_source_resources(const struct mt_source *source,
                                        const struct mt_region *region) {
    struct mt_resources resources = {.now_unix_ms = mt_clock_unix_ms()};
    if (source->pid != 0)
        mt_resources_of(source->pid, region->start_monotonic_ms, &resources);
    return resources;
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

int mt_source_save(const struct mt_source *source, const struct mt_region *region,
                   const char *to, char **path) {
    *path = NULL;
    mt_sealing_for(region);
    if (!mt_policy_permits() || !mt_sealing_possible())
        return MT_EXIT_STATUS_FAILED;
    *path = to != NULL ? mt_copy(to) : default_output(region);
    struct mt_resources resources = mt_source_resources(source, region);
    enum mt_reason reason = source->pid != 0       ? MT_REASON_OUTSIDE
                            : source->core != NULL ? MT_REASON_CORE
                                                   : MT_REASON_RECORDING;
    struct mt_output output;
    if (!mt_output_open(&output, *path))
        return MT_EXIT_STATUS_FAILED;
    struct mt_summary_target target = {.fd = output.fd,
                                       .max_bytes = mt_policy()->floor.max_dump_bytes,
                                       .strict =
                                           mt_policy()->floor.privacy == MT_PRIVACY_STRICT,
                                       .sealed = mt_seal_wanted()};
    int error = mt_summary_write(region, &target, reason, &resources);
    if (error != 0) {
        mt_say("cannot write %s: %s", *path, strerror(-error));
        mt_output_abandon(&output);
        return MT_EXIT_STATUS_FAILED;
    }
    return mt_output_commit(&output) ? MT_EXIT_STATUS_OK : MT_EXIT_STATUS_FAILED;
}

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
    case MT_OUTSIDE_NO_PERMISSION:
        return MT_EXIT_STATUS_DENIED;
    default:
        return MT_EXIT_STATUS_FAILED;
    }
}

int mt_source_refused(const struct mt_source *source, const char *verb,
                      enum mt_outside_error error) {
    bool system = error == MT_OUTSIDE_IO && errno != 0;
    mt_say("cannot %s %s: %s", verb, source->name,
           system ? strerror(errno) : mt_outside_message(error));
    return source->recording == NULL && source->core == NULL ? exit_status(error)
                                                             : MT_EXIT_STATUS_INPUT;
}

bool mt_source_pid(const char *text, uint32_t *pid) {
    char *end;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    *pid = (uint32_t)number;
    return text[0] >= '1' && text[0] <= '9' && *end == '\0' && errno == 0 &&
           number <= INT32_MAX;
}
