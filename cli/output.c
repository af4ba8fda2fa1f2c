#include "cli/output.h"

#include "base/random.h"
#include "cli/say.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool refuse(struct mt_output *output, const char *reason) {
    mt_say("cannot write %s: %s", output->path, reason);
    mt_output_abandon(output);
    return false;
}

/* Beside the target, hidden, so that a rename puts it in place. */
static char *temporary_name(const char *path) {
    const char *slash = strrchr(path, '/');
    int directory = slash != NULL ? (int)(slash - path + 1) : 0;
    uint64_t random;
    char *name;
    mt_random(&random, sizeof random);
    if (asprintf(&name, "%.*s.%s.%016" PRIx64 ".part", directory, path, path + directory,
                 random) < 0)
        name = mt_copy(""); /* fails to open */
    return name;
}

bool mt_output_open(struct mt_output *output, const char *path) {
    *output = (struct mt_output){.fd = -1, .path = mt_copy(path)};
    struct stat link, target;
    bool there = lstat(path, &link) == 0;
    bool special = there && stat(path, &target) == 0 && !S_ISREG(target.st_mode);
    if (!strcmp(path, "-")) {
        output->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    } else if (special && S_ISDIR(target.st_mode)) {
        return refuse(output, "it is a directory");
    } else if (special) {
        output->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    } else if (there && S_ISLNK(link.st_mode)) {
        return refuse(output, "it is a symbolic link");
    } else {
        output->temporary = temporary_name(path);
        output->fd = open(output->temporary,
                          O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    }
    return output->fd >= 0 || refuse(output, strerror(errno));
}

bool mt_output_write(const struct mt_output *output, const void *bytes, size_t length) {
    for (size_t done = 0; done < length;) {
        ssize_t wrote = write(output->fd, (const char *)bytes + done, length - done);
        if (wrote < 0 && errno != EINTR) {
            mt_say("cannot write %s: %s", output->path, strerror(errno));
            return false;
        }
        done += wrote > 0 ? (size_t)wrote : 0;
    }
    return true;
}

bool mt_output_commit(struct mt_output *output) {
    int fd = output->fd;
    output->fd = -1;
    if (close(fd) != 0)
        return refuse(output, strerror(errno));
    if (output->temporary != NULL && rename(output->temporary, output->path) != 0)
        return refuse(output, strerror(errno));
    free(output->temporary);
    free(output->path);
    return true;
}

void mt_output_abandon(struct mt_output *output) {
    if (output->fd >= 0)
        close(output->fd);
    if (output->temporary != NULL)
        unlink(output->temporary);
    free(output->temporary);
    free(output->path);
    *output = (struct mt_output){.fd = -1};
}

bool mt_output_check(const char *path) {
    struct mt_output output;
    if (!mt_output_open(&output, path))
        return false;
    mt_output_abandon(&output);
    return true;
}
