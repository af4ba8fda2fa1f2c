#include "cli/recording.h"

#include "cli/exit_status.h"
#include "cli/input.h"
#include "cli/policy.h"
#include "cli/say.h"
#include "cli/source.h"
#include "export/summary.h"
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

bool mt_recording_begins(int fd) {
    uint64_t magic = 0;
    return pread(fd, &magic, sizeof magic, 0) == (ssize_t)sizeof magic &&
           magic == MT_REGION_MAGIC;
}

/* In memory, not in a file. */
static int summary_fd(const struct mt_source *source, const struct mt_region *region) {
    int fd = memfd_create("mtalloc-summary", MFD_CLOEXEC);
    struct mt_resources resources = mt_source_resources(source, region);
    enum mt_reason reason = source->pid != 0 ? MT_REASON_OUTSIDE : MT_REASON_RECORDING;
    struct mt_summary_target target = {.fd = fd,
                                       .max_bytes = INT64_MAX,
                                       .strict =
                                           mt_policy()->floor.privacy == MT_PRIVACY_STRICT};
    int error = fd < 0 ? -errno : mt_summary_write(region, &target, reason, &resources);
    if (error == 0 && lseek(fd, 0, SEEK_SET) == 0)
        return fd;
    mt_say("cannot read %s: %s", source->name, strerror(error ? -error : errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

int mt_recording_summary(int recording, const char *name, struct mt_model *model) {
    struct mt_source source = {.name = name, .recording = name};
    struct mt_outside view;
    errno = 0;
    enum mt_outside_error error = mt_source_recording(&source, recording, &view);
    if (error != MT_OUTSIDE_OK)
        return mt_source_refused(&source, "read", error);
    int fd = summary_fd(&source, view.region), status = MT_EXIT_STATUS_FAILED;
    mt_outside_close(&view);
    if (fd < 0)
        return status;
    status = mt_input_summary_fd(fd, name, model);
    close(fd);
    return status;
}
