#include "cli/input.h"

#include "cli/estimate.h"
#include "cli/exit_status.h"
#include "cli/reader.h"
#include "cli/recording.h"
#include "cli/say.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int mt_input_summary_fd(int fd, const char *name, struct mt_model *model) {
    struct mt_reader_verdict verdict = mt_reader_read(fd, model);
    mt_estimate(model);
    if (verdict.result == MT_READER_WHOLE)
        return MT_EXIT_STATUS_OK;
    mt_say("%s %s", name, verdict.text);
    return verdict.result == MT_READER_PARTIAL ? MT_EXIT_STATUS_PARTIAL
                                               : MT_EXIT_STATUS_INPUT;
}

int mt_input_open(const char *path, const char **name) {
    *name = path;
    if (!strcmp(path, "-")) {
        *name = "the input";
        return STDIN_FILENO;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        mt_say("cannot open %s: %s", path, strerror(errno));
    return fd;
}

void mt_input_close(int fd) {
    if (fd != STDIN_FILENO)
        close(fd);
}

int mt_input_summary(const char *path, struct mt_model *model) {
    const char *name;
    int fd = mt_input_open(path, &name), result = MT_EXIT_STATUS_INPUT;
    struct stat status;
    if (fd < 0)
        return result;
    if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode))
        mt_say("%s is a directory, not a summary", name);
    else if (mt_recording_begins(fd))
        result = mt_recording_summary(fd, name, model);
    else
        result = mt_input_summary_fd(fd, name, model);
    mt_input_close(fd);
    return result;
}
