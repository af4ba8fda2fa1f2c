#include "base/log_open.h"

#include "base/sys.h"
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

/* Out of the way of a program that counts its descriptors. */
static int high(int fd) {
    static const int floor[] = {500, 100, 50};
    long moved = -EMFILE;
    for (size_t i = 0; moved < 0 && i < sizeof floor / sizeof *floor; i++)
        moved = mt_sys3(SYS_fcntl, fd, F_DUPFD_CLOEXEC, floor[i]);
    if (moved < 0)
        return fd;
    (void)mt_sys1(SYS_close, fd);
    return (int)moved;
}

int mt_log_open_syslog(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
    int fd =
        (int)mt_sys3(SYS_socket, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return fd;
    int error = (int)mt_sys3(SYS_connect, fd, &address, sizeof address);
    if (error == 0)
        return high(fd);
    (void)mt_sys1(SYS_close, fd);
    return error;
}

static int check(int fd) {
    struct stat file;
    int error = (int)mt_sys2(SYS_fstat, fd, &file);
    if (error)
        return error;
    bool good = S_ISREG(file.st_mode) && file.st_nlink == 1 && !(file.st_mode & 022) &&
                file.st_uid == (uid_t)mt_sys0(SYS_geteuid);
    return good ? 0 : -EPERM;
}

int mt_log_open_file(const char *path) {
    const int flags =
        O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    int fd = (int)mt_sys4(SYS_openat, AT_FDCWD, path, flags, 0600);
    if (fd < 0)
        return fd;
    int error = check(fd);
    if (!error)
        return high(fd);
    (void)mt_sys1(SYS_close, fd);
    return error;
}
