#include "export/directory.h"

#include "base/out.h"
#include "base/sys.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define OPEN_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* Where a program that counts its descriptors, or closes the first few hundred, does not
 * meet ours. */
static const int high_floor[] = {500, 100, 50};

static struct {
    bool given;                 /* option `dir` is set; else the candidates below */
    char path[MT_DIR_PATH_MAX]; /* its value; empty when it is too long */
    int fd;                     /* held since start, or -1 */
    bool remembered;
    dev_t device;
    ino_t inode;
    char runtime[MT_DIR_PATH_MAX]; /* $RUNTIME_DIRECTORY */
    char user[MT_DIR_PATH_MAX];    /* $XDG_RUNTIME_DIR/mtalloc */
} place = {.fd = -1};

const char *mt_dir_message(enum mt_dir_problem problem) {
    static const char *const text[MT_DIR_PROBLEMS] = {
        [MT_DIR_OK] = "the directory is usable",
        [MT_DIR_MISSING] = "the directory does not exist",
        [MT_DIR_SYMLINK] = "the directory is a symbolic link or no directory",
        [MT_DIR_NOT_OWNED] = "the directory belongs to another user",
        [MT_DIR_WRITABLE] = "the directory is writable by group or others",
        [MT_DIR_REPLACED] = "the directory is not the one that was there at start",
        [MT_DIR_UNREADABLE] = "the directory cannot be opened",
        [MT_DIR_NONE] = "the directory's path is too long",
        [MT_DIR_FULL] = "the directory has what max_dir_files or max_dir_bytes allows",
    };
    return text[problem];
}

/* The first `length` bytes of `a`, without slashes at its end, followed by `b`. Such a
 * slash would make open() follow a symbolic link before it. False, and an empty `path`,
 * when it does not fit. */
static bool join(char path[MT_DIR_PATH_MAX], const char *a, size_t length, const char *b) {
    struct mt_out out;
    while (length > 1 && a[length - 1] == '/')
        length--;
    path[0] = '\0';
    if (length + strlen(b) >= MT_DIR_PATH_MAX)
        return false;
    mt_out_init(&out, -1, path, MT_DIR_PATH_MAX - 1);
    mt_out_bytes(&out, a, length);
    mt_out_text(&out, b);
    path[out.used] = '\0';
    return true;
}

static const char *variable(const char *const *envp, const char *name) {
    size_t length = strlen(name);
    for (; envp && *envp; envp++) {
        if (strncmp(*envp, name, length) == 0 && (*envp)[length] == '=')
            return *envp + length + 1;
    }
    return NULL;
}

static enum mt_dir_problem open_path(const char *path, int *fd) {
    long result = mt_sys4(SYS_openat, AT_FDCWD, path, OPEN_FLAGS, 0);
    *fd = (int)result;
    if (result >= 0)
        return MT_DIR_OK;
    if (result == -ELOOP || result == -ENOTDIR)
        return MT_DIR_SYMLINK;
    return result == -ENOENT ? MT_DIR_MISSING : MT_DIR_UNREADABLE;
}

/* `place.remembered` is about option `dir` only. */
static enum mt_dir_problem check_any(int fd, bool option) {
    struct stat now;
    if (mt_sys2(SYS_fstat, fd, &now) != 0 || !S_ISDIR(now.st_mode))
        return MT_DIR_UNREADABLE;
    if (!now.st_nlink) /* removed, and held by us */
        return MT_DIR_MISSING;
    if (option && place.remembered &&
        (now.st_dev != place.device || now.st_ino != place.inode))
        return MT_DIR_REPLACED;
    if (now.st_uid != (uid_t)mt_sys0(SYS_geteuid))
        return MT_DIR_NOT_OWNED;
    return now.st_mode & 022 ? MT_DIR_WRITABLE : MT_DIR_OK;
}

static enum mt_dir_problem check(int fd) {
    return check_any(fd, true);
}

static enum mt_dir_problem open_checked(const char *path, int *fd) {
    enum mt_dir_problem problem = open_path(path, fd);
    if (problem != MT_DIR_OK)
        return problem;
    problem = check(*fd);
    if (problem != MT_DIR_OK)
        (void)mt_sys1(SYS_close, *fd);
    return problem;
}

/* A directory of our own, made when it is first needed. */
static enum mt_dir_problem open_own(const char *path, int *fd) {
    enum mt_dir_problem problem = open_checked(path, fd);
    if (problem != MT_DIR_MISSING)
        return problem;
    (void)mt_sys3(SYS_mkdirat, AT_FDCWD, path, 0700);
    return open_checked(path, fd);
}

static void hold(int fd) {
    struct stat now;
    if (mt_sys2(SYS_fstat, fd, &now) == 0) {
        place.remembered = true;
        place.device = now.st_dev;
        place.inode = now.st_ino;
        for (size_t i = 0; i < sizeof high_floor / sizeof *high_floor; i++) {
            place.fd = (int)mt_sys3(SYS_fcntl, fd, F_DUPFD_CLOEXEC, high_floor[i]);
            if (place.fd >= 0)
                break;
        }
    }
    (void)mt_sys1(SYS_close, fd);
}

static void note(char path[MT_DIR_PATH_MAX], const char *value, const char *below) {
    path[0] = '\0';
    /* systemd lists several directories with colons between them. */
    if (value && value[0] == '/')
        (void)join(path, value, strcspn(value, ":"), below);
}

enum mt_dir_problem mt_files_start(const char *dir, const char *const *envp) {
    int fd;
    if (place.fd >= 0)
        (void)mt_sys1(SYS_close, place.fd);
    place.fd = -1;
    place.remembered = false;
    note(place.runtime, variable(envp, "RUNTIME_DIRECTORY"), "");
    note(place.user, variable(envp, "XDG_RUNTIME_DIR"), "/mtalloc");
    place.given = dir[0] != '\0';
    if (!join(place.path, dir, strlen(dir), ""))
        return MT_DIR_NONE;
    if (!place.given)
        return MT_DIR_OK;
    enum mt_dir_problem problem = open_path(place.path, &fd);
    if (problem != MT_DIR_OK)
        return problem;
    problem = check(fd);
    hold(fd);
    return problem;
}

static enum mt_dir_problem open_default(int *fd) {
    char path[MT_DIR_PATH_MAX];
    struct mt_out out;
    if (place.runtime[0] && open_checked(place.runtime, fd) == MT_DIR_OK)
        return MT_DIR_OK;
    /* Often left over from another user, by su or sudo: then it is not ours to use. */
    if (place.user[0] && open_own(place.user, fd) == MT_DIR_OK)
        return MT_DIR_OK;
    mt_out_init(&out, -1, path, sizeof path - 1);
    mt_out_text(&out, "/var/tmp/mtalloc-");
    mt_out_u64(&out, (uint64_t)mt_sys0(SYS_geteuid));
    path[out.used] = '\0';
    return open_own(path, fd);
}

enum mt_dir_problem mt_directory_open(int *fd, bool *borrowed) {
    *borrowed = false;
    if (!place.given)
        return open_default(fd);
    if (!place.path[0])
        return MT_DIR_NONE;
    if (place.fd >= 0) {
        enum mt_dir_problem problem = check(place.fd);
        *fd = place.fd;
        *borrowed = true;
        /* The program may have closed it, and opened something else in its place. */
        if (problem != MT_DIR_UNREADABLE && problem != MT_DIR_REPLACED)
            return problem;
        *borrowed = false;
    }
    return open_checked(place.path, fd);
}

enum mt_dir_problem mt_directory_open_at(const char *path, size_t length, int *fd) {
    char name[MT_DIR_PATH_MAX] = ".";
    if (length && !join(name, path, length, ""))
        return MT_DIR_NONE;
    enum mt_dir_problem problem = open_path(name, fd);
    if (problem != MT_DIR_OK)
        return problem;
    problem = check_any(*fd, false);
    if (problem != MT_DIR_OK)
        (void)mt_sys1(SYS_close, *fd);
    return problem;
}

bool mt_directory_is(int fd) {
    struct stat one, other;
    int usual;
    bool borrowed;
    if (mt_directory_open(&usual, &borrowed) != MT_DIR_OK)
        return false;
    bool same = mt_sys2(SYS_fstat, fd, &one) == 0 &&
                mt_sys2(SYS_fstat, usual, &other) == 0 && one.st_dev == other.st_dev &&
                one.st_ino == other.st_ino;
    if (!borrowed)
        (void)mt_sys1(SYS_close, usual);
    return same;
}
