#include "export/proc.h"

#include "base/out.h"
#include "base/sys.h"
#include <errno.h>
#include <fcntl.h>

int mt_proc_open(uint32_t pid, const char *file) {
    char path[48];
    struct mt_out out;
    mt_out_init(&out, -1, path, sizeof path - 1);
    mt_out_text(&out, "/proc/");
    if (pid)
        mt_out_u64(&out, pid);
    else
        mt_out_text(&out, "self");
    mt_out_text(&out, "/");
    mt_out_text(&out, file);
    path[out.used] = '\0';
    return (int)mt_sys4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
}

long mt_proc_read(int fd, void *buffer, size_t bytes) {
    long got;
    do {
        got = mt_sys3(SYS_read, fd, buffer, bytes);
    } while (got == -EINTR);
    return got;
}

static long read_at(int fd, void *buffer, size_t bytes, long at) {
    long got;
    do {
        got = mt_sys4(SYS_pread64, fd, buffer, bytes, at);
    } while (got == -EINTR);
    return got;
}

static long lines_of(int fd, bool leave_offset, bool (*take)(const char *line, void *),
                     void *context) {
    char piece[1024], line[128];
    size_t length = 0;
    long got, lines = 0, at = 0;
    bool wanted = true;
    while (wanted && (got = leave_offset ? read_at(fd, piece, sizeof piece, at)
                                         : mt_proc_read(fd, piece, sizeof piece)) != 0) {
        if (got < 0)
            return got;
        at += got;
        for (long i = 0; wanted && i < got; i++) {
            if (piece[i] == '\n') {
                line[length] = '\0';
                length = 0;
                lines++;
                wanted = take(line, context);
            } else if (length < sizeof line - 1) {
                line[length++] = piece[i];
            }
        }
    }
    return lines;
}

long mt_proc_lines_of(int fd, bool (*take)(const char *line, void *), void *context) {
    return lines_of(fd, true, take, context);
}

long mt_proc_lines(uint32_t pid, const char *file, bool (*take)(const char *line, void *),
                   void *context) {
    int fd = mt_proc_open(pid, file);
    if (fd < 0)
        return fd;
    long lines = lines_of(fd, false, take, context);
    (void)mt_sys1(SYS_close, fd);
    return lines;
}

uint64_t mt_proc_hex(const char **at) {
    uint64_t value = 0;
    for (;; ++*at) {
        char c = **at;
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                                                : 16;
        if (digit == 16)
            return value;
        value = value << 4 | digit;
    }
}
