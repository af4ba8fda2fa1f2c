#include "alloc/recorder.h"

#include "alloc/recorder_dir.h"
#include "base/log.h"
#include "base/option_values.h"
#include "base/options.h"
#include "base/pages.h"
#include "base/sys.h"
#include "export/sandbox.h"
#include "track/region_make.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

static void close_fd(int fd) {
    (void)mt_sys1(SYS_close, fd);
}

/* Who may write is in the header; `mtalloc run` puts it there before the program starts. */
static bool claim_header(int fd, bool *others) {
    struct mt_region *header = (struct mt_region *)mt_sys6(
        SYS_mmap, 0, MT_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if ((unsigned long)header > -4096UL)
        return false;
    uint32_t self = (uint32_t)getpid(), owner = atomic_load(&header->owner_pid);
    bool ours = header->version == MT_REGION_VERSION && owner == self;
    *others = header->version == MT_REGION_VERSION && owner && !ours;
    if (ours)
        atomic_fetch_add(&header->images, 1);
    else if (*others)
        atomic_fetch_add(&header->other_processes, 1);
    else
        mt_log(MT_SAY_RECORDER_UNUSABLE, "the file is no recording", NULL, NULL);
    mt_pages_unmap(header, MT_PAGE_BYTES);
    return ours;
}

static bool make_header(int fd) {
    struct mt_region header = {
        .version = MT_REGION_VERSION, .owner_pid = (uint32_t)getpid(), .images = 0};
    if (mt_sys2(SYS_ftruncate, fd, MT_PAGE_BYTES) != 0)
        return false;
    return mt_sys4(SYS_pwrite64, fd, &header, sizeof header, 0) == (long)sizeof header;
}

/* `mtalloc run` hands its memory file down as /proc/PID/fd/N, a link by nature. */
static bool is_parents(const char *path) {
    return strncmp(path, "/proc/", 6) == 0;
}

/* What is recorded into is read back by this process: nobody else may write there. */
static bool trusted(const struct stat *status, bool parents) {
    return S_ISREG(status->st_mode) && status->st_uid == geteuid() &&
           (parents || (!(status->st_mode & 022) && status->st_nlink == 1));
}

/* A file that was just made. */
static int begin(int fd) {
    bool others;
    if (fd < 0 || (make_header(fd) && claim_header(fd, &others)))
        return fd;
    close_fd(fd);
    return -1;
}

/* "fd:N", a file that somebody handed down; the descriptor stays the program's. */
#define DESCRIPTOR "fd:"
static bool is_descriptor(const char *path) {
    return strncmp(path, DESCRIPTOR, sizeof DESCRIPTOR - 1) == 0;
}

/* What a shell has redirected its output to is only writable, and no recording. */
static bool readable_and_writable(int fd) {
    return (mt_sys2(SYS_fcntl, fd, F_GETFL) & O_ACCMODE) == O_RDWR;
}

static int open_descriptor(const char *path) {
    const char *digits = path + sizeof DESCRIPTOR - 1;
    uint64_t number;
    struct stat status;
    bool others;
    if (!mt_option_read_number(digits, strlen(digits), false, &number) || number > INT_MAX)
        number = INT_MAX;
    int fd = (int)mt_sys3(SYS_fcntl, number, F_DUPFD_CLOEXEC, 0);
    if (fd >= 0 && readable_and_writable(fd) && fstat(fd, &status) == 0 &&
        trusted(&status, true) &&
        (status.st_size ? status.st_size >= MT_PAGE_BYTES : make_header(fd)) &&
        claim_header(fd, &others))
        return fd;
    if (fd < 0)
        mt_log(MT_SAY_RECORDER_UNUSABLE, "no such descriptor", NULL, NULL);
    else if (!readable_and_writable(fd))
        mt_log(MT_SAY_RECORDER_UNUSABLE, "not open for reading and writing", NULL, NULL);
    if (fd >= 0)
        close_fd(fd);
    return -1;
}

static int open_file(const char *path, bool *others) {
    const int flags = O_RDWR | O_CLOEXEC;
    bool made = true;
    long fd =
        mt_sys4(SYS_openat, AT_FDCWD, path, flags | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    if (fd == -EEXIST) {
        made = false;
        fd = mt_sys3(SYS_openat, AT_FDCWD, path,
                     flags | (is_parents(path) ? 0 : O_NOFOLLOW));
    }
    if (fd < 0) {
        mt_log(made ? MT_SAY_RECORDER_UNUSABLE : MT_SAY_RECORDER_NOT_OPENED,
               "the file cannot be opened", NULL, NULL);
        return -1;
    }
    struct stat status;
    bool usable = fstat((int)fd, &status) == 0 && trusted(&status, is_parents(path));
    if (usable && made)
        usable = make_header((int)fd);
    if (usable && (made || status.st_size >= MT_PAGE_BYTES)) {
        if (claim_header((int)fd, others))
            return (int)fd;
    }
    close_fd((int)fd);
    return -1;
}

static int open_any(const char *path, const char *program) {
    bool others = false, follow = mt_options->follow_fork && !is_parents(path);
    if (is_descriptor(path))
        return open_descriptor(path);
    if (mt_recorder_dir_hold(path, false))
        return begin(mt_recorder_dir_make(program, false));
    int fd = open_file(path, &others);
    if (follow && (fd >= 0 || others) && mt_recorder_dir_hold(path, true) && fd < 0)
        fd = begin(mt_recorder_dir_make(program, false));
    return fd;
}

/* Stores to a file on a disk can wait for it: for writeback, or for the journal. */
static void warn_of_disk(int fd) {
    struct statfs system;
    if (fd < 0 || mt_sys2(SYS_fstatfs, fd, &system) != 0 || system.f_type == TMPFS_MAGIC ||
        system.f_type == RAMFS_MAGIC || system.f_type == HUGETLBFS_MAGIC)
        return;
    mt_log(MT_SAY_RECORDER_ON_DISK, "allocations can wait for the disk",
           "a place in memory, /dev/shm", NULL);
}

int mt_recorder_open(const char *path, const char *program) {
    int fd = open_any(path, program);
    warn_of_disk(fd);
    return fd;
}

int mt_recorder_open_child(void) {
    mt_sandbox_after_fork(); /* the child's first operation is here */
    if (mt_sandbox_forbids("recording of a child"))
        return -1;
    return begin(mt_recorder_dir_make(mt_region_own->program, true));
}
