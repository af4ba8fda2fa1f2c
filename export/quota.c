#include "export/quota.h"

#include "base/sys.h"
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

/* As the kernel has it; libc's is for its own readdir(). */
struct entry {
    uint64_t inode;
    int64_t next;
    unsigned short bytes; /* of this record */
    unsigned char type;
    char name[];
};

static bool ends_with(const char *name, size_t length, const char *end) {
    size_t bytes = strlen(end);
    return length >= bytes && memcmp(name + length - bytes, end, bytes) == 0;
}

/* One that is being written has a hidden name. */
static bool is_summary(const char *name) {
    size_t length = strlen(name);
    return ends_with(name, length, ".mtalloc") ||
           ends_with(name, length, ".mtalloc.sealed") ||
           (name[0] == '.' && ends_with(name, length, ".part"));
}

static uint64_t bytes_of(int dir_fd, const char *name) {
    struct stat file;
    long error = mt_sys4(SYS_newfstatat, dir_fd, name, &file, AT_SYMLINK_NOFOLLOW);
    return error || file.st_size < 0 ? 0 : (uint64_t)file.st_size;
}

struct sums {
    uint64_t files, bytes;
};

static bool within(const struct sums *sums, const struct mt_quota *most) {
    return (!most->files || sums->files < most->files) &&
           (!most->bytes || sums->bytes + MT_QUOTA_LEAST_BYTES <= most->bytes);
}

static bool add_all(int fd, const struct mt_quota *most, struct sums *sums) {
    _Alignas(struct entry) char piece[1024];
    long got;
    while ((got = mt_sys3(SYS_getdents64, fd, piece, sizeof piece)) > 0) {
        for (long at = 0; at < got;) {
            const struct entry *entry = (const struct entry *)(piece + at);
            at += entry->bytes;
            if (!is_summary(entry->name))
                continue;
            sums->files++;
            if (most->bytes)
                sums->bytes += bytes_of(fd, entry->name);
            if (!within(sums, most)) /* enough is known */
                return false;
        }
    }
    return true;
}

bool mt_quota_has_room(int dir_fd, const struct mt_quota *most, uint64_t *room_bytes) {
    struct sums sums = {0};
    *room_bytes = UINT64_MAX;
    if (!most->files && !most->bytes)
        return true;
    /* Opened anew: forked children share the descriptor that is held, and the place in it.
     */
    int fd = (int)mt_sys4(SYS_openat, dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (fd < 0)
        return true;
    bool room = within(&sums, most) && add_all(fd, most, &sums);
    (void)mt_sys1(SYS_close, fd);
    if (most->bytes)
        *room_bytes = room ? most->bytes - sums.bytes : 0;
    return room;
}
