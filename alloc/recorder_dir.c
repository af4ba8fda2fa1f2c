#include "alloc/recorder_dir.h"

#include "base/log.h"
#include "base/options.h"
#include "base/out.h"
#include "base/random.h"
#include "base/sys.h"
#include "track/region.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define OPEN_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)
#define ENDING     ".recording"
#define NAME_BYTES 128
#define PATH_BYTES MT_OPTION_TEXT_MAX
#define TRIES      8

/* Where a program that closes its first descriptors does not meet it. */
static const int high_floor[] = {500, 100, 50};

static struct {
    int fd;
    char path[PATH_BYTES]; /* "" unless it is absolute */
    dev_t device;
    ino_t inode;
} held = {.fd = -1};

static bool is_held(int fd) {
    struct stat now;
    return mt_sys2(SYS_fstat, fd, &now) == 0 && now.st_dev == held.device &&
           now.st_ino == held.inode;
}

/* The directory's path; the file's has at most that length. */
static void directory_of(char to[PATH_BYTES], const char *path, bool file) {
    const char *slash = strrchr(path, '/');
    size_t length = !file   ? strlen(path)
                    : slash ? (size_t)(slash - path + (slash == path))
                            : 0;
    memcpy(to, path, length);
    to[length] = '\0';
    if (!length)
        memcpy(to, ".", 2);
}

bool mt_recorder_dir_hold(const char *path, bool file) {
    struct stat now;
    char directory[PATH_BYTES];
    directory_of(directory, path, file);
    int fd = (int)mt_sys4(SYS_openat, AT_FDCWD, directory, OPEN_FLAGS, 0);
    if (fd < 0)
        return false;
    if (mt_sys2(SYS_fstat, fd, &now) == 0) {
        held.device = now.st_dev;
        held.inode = now.st_ino;
        held.fd = -1;
        for (size_t i = 0; i < sizeof high_floor / sizeof *high_floor && held.fd < 0; i++)
            held.fd = (int)mt_sys3(SYS_fcntl, fd, F_DUPFD_CLOEXEC, high_floor[i]);
        if (directory[0] == '/')
            memcpy(held.path, directory, sizeof held.path);
    }
    (void)mt_sys1(SYS_close, fd);
    return held.fd >= 0;
}

/* A description of its own, since what was read of a directory is remembered there. The
 * program may have closed ours, and opened something else in its place. */
static int open_held(void) {
    int fd = -1;
    if (held.fd >= 0 && is_held(held.fd))
        fd = (int)mt_sys4(SYS_openat, held.fd, ".", OPEN_FLAGS, 0);
    else if (held.path[0])
        fd = (int)mt_sys4(SYS_openat, AT_FDCWD, held.path, OPEN_FLAGS, 0);
    if (fd >= 0 && !is_held(fd)) {
        (void)mt_sys1(SYS_close, fd);
        fd = -1;
    }
    return fd;
}

static bool is_recording(const char *name) {
    size_t length = strlen(name), ending = sizeof ENDING - 1;
    return length > ending && memcmp(name + length - ending, ENDING, ending + 1) == 0;
}

/* Whoever makes one at the same moment is not counted. */
static bool has_room(int fd) {
    _Alignas(struct dirent64) char entries[1024];
    uint64_t count = 0;
    long got;
    while ((got = mt_sys3(SYS_getdents64, fd, entries, sizeof entries)) > 0) {
        for (long at = 0; at < got;) {
            const struct dirent64 *entry = (const struct dirent64 *)(entries + at);
            count += is_recording(entry->d_name);
            at += entry->d_reclen;
        }
    }
    return got == 0 && count < mt_options->max_recordings;
}

static void make_name(char name[NAME_BYTES], const char *program) {
    struct mt_out out;
    uint64_t random;
    mt_random(&random, sizeof random);
    if (mt_options->privacy == MT_PRIVACY_STRICT || !program[0])
        program = "program";
    mt_out_init(&out, -1, name, NAME_BYTES - 1);
    for (size_t i = 0; i < MT_MODULE_NAME_MAX && program[i]; i++) {
        char c = program[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                     (c >= '0' && c <= '9') || c == '_' || c == '-' || (c == '.' && i);
        mt_out_bytes(&out, plain ? &c : "_", 1);
    }
    mt_out_text(&out, ".");
    mt_out_u64(&out, (uint64_t)mt_sys0(SYS_getpid));
    mt_out_text(&out, ".");
    mt_out_hex(&out, random, 16);
    mt_out_text(&out, ENDING);
    name[out.used] = '\0';
}

static int make_in(int directory, const char *program) {
    char name[NAME_BYTES];
    int fd = -EEXIST;
    for (int i = 0; i < TRIES && fd == -EEXIST; i++) {
        make_name(name, program);
        fd = (int)mt_sys4(SYS_openat, directory, name,
                          O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    }
    return fd;
}

int mt_recorder_dir_make(const char *program, bool quiet) {
    int directory = open_held(), fd = -1;
    bool room = directory >= 0 && has_room(directory);
    if (room)
        fd = make_in(directory, program);
    if (directory >= 0)
        (void)mt_sys1(SYS_close, directory);
    if (fd < 0)
        mt_log(quiet ? MT_SAY_RECORDER_NOT_OPENED : MT_SAY_RECORDER_UNUSABLE,
               directory < 0 ? "the directory is gone: counting in private memory"
               : !room ? "max_recordings are there already: counting in private memory"
                       : "no file can be made: counting in private memory",
               NULL, NULL);
    return fd < 0 ? -1 : fd;
}
