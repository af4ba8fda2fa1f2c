#include "base/memory_limit.h"

#include "base/option_values.h"
#include "base/out.h"
#include "base/sys.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>

#define PATH_BYTES 512

/* Up to `room` - 1 bytes of a file, as a text; empty when it can't be read. */
static void read_text(const char *path, char *text, size_t room) {
    size_t used = 0;
    long got = 0;
    int fd = (int)mt_sys4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    while (
        fd >= 0 && used + 1 < room &&
        ((got = mt_sys3(SYS_read, fd, text + used, room - 1 - used)) > 0 || got == -EINTR))
        used += got > 0 ? (size_t)got : 0;
    text[used] = '\0';
    if (fd >= 0)
        (void)mt_sys1(SYS_close, fd);
}

/* The number in MOUNT/GROUP/FILE. "max", or a file that is not there, is no limit. */
static uint64_t limit_of(const char *mount, const char *group, size_t length,
                         const char *file) {
    char path[PATH_BYTES], text[32];
    struct mt_out out;
    uint64_t limit = UINT64_MAX;
    mt_out_init(&out, -1, path, sizeof path - 1);
    mt_out_text(&out, mount);
    mt_out_bytes(&out, group, length);
    mt_out_text(&out, file);
    path[out.used] = '\0';
    read_text(path, text, sizeof text);
    (void)mt_option_read_number(text, strcspn(text, "\n"), false, &limit);
    return limit;
}

static uint64_t least(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

/* A group and all above it. A container may see its own group as the mount's top, under
 * another name: what is not there is passed over. */
static uint64_t limit_upwards(const char *mount, const char *group, const char *file) {
    uint64_t limit = UINT64_MAX;
    size_t length = strcspn(group, "\n");
    for (;;) {
        while (length && group[length - 1] == '/')
            length--;
        limit = least(limit, limit_of(mount, group, length, file));
        if (!length)
            return limit;
        while (length && group[length - 1] != '/')
            length--;
    }
}

/* A line is "NUMBER:CONTROLLERS:GROUP": of version 2 "0::/…", of version 1, where each
 * controller has a mount of its own, "9:memory:/…". */
static uint64_t cgroup_limit(const char *self, const char *mount) {
    static char text[4096];
    char memory[PATH_BYTES];
    struct mt_out out;
    uint64_t limit = UINT64_MAX;
    mt_out_init(&out, -1, memory, sizeof memory - 1);
    mt_out_text(&out, mount);
    mt_out_text(&out, "/memory");
    memory[out.used] = '\0';
    read_text(self, text, sizeof text);
    for (const char *line = text; *line;
         line += strcspn(line, "\n"), line += *line == '\n') {
        const char *first = strchr(line, ':'),
                   *second = first ? strchr(first + 1, ':') : NULL;
        if (!second || first + strcspn(first, "\n") < second)
            continue;
        if (second == first + 1)
            limit = least(limit, limit_upwards(mount, second + 1, "/memory.max"));
        else if ((size_t)(second - first) == sizeof ":memory" - 1 &&
                 memcmp(first, ":memory", sizeof ":memory" - 1) == 0)
            limit =
                least(limit, limit_upwards(memory, second + 1, "/memory.limit_in_bytes"));
    }
    return limit;
}

uint64_t mt_memory_limit(const char *self, const char *mount) {
    struct rlimit space;
    uint64_t limit = cgroup_limit(self, mount);
    if (mt_sys4(SYS_prlimit64, 0, RLIMIT_AS, 0, &space) == 0 &&
        space.rlim_cur != RLIM_INFINITY)
        limit = least(limit, space.rlim_cur);
    return limit;
}
