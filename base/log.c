#include "base/log.h"

#include "base/option_values.h"
#include "base/quiet.h"
#include "base/sys.h"
#include <string.h>
#include <sys/stat.h>

#define LINE_BYTES 512

static int log_fd = -1;
static dev_t log_device;
static ino_t log_inode;
static enum mt_log_level log_level = MT_LOG_WARNING;

void mt_log_start(const char *destination, enum mt_log_level least_important) {
    struct stat file;
    int fd;
    log_fd = -1;
    log_level = least_important;
    if (!mt_option_read_log(destination, strlen(destination), &fd) || fd < 0 ||
        mt_sys2(SYS_fstat, fd, &file) != 0)
        return;
    log_device = file.st_dev;
    log_inode = file.st_ino;
    log_fd = fd;
}

int mt_log_fd(void) {
    struct stat file;
    if (log_fd < 0 || mt_sys2(SYS_fstat, log_fd, &file) != 0 || file.st_dev != log_device ||
        file.st_ino != log_inode)
        return -1;
    return log_fd;
}

/* Texts from outside must not draw on a terminal nor begin a line of their own. */
static void add(struct mt_out *out, const char *text) {
    for (; text && *text; text++) {
        unsigned char byte = (unsigned char)*text;
        mt_out_bytes(out, byte < 0x20 || byte == 0x7f ? "?" : text, 1);
    }
}

void mt_log(enum mt_log_level level, const char *a, const char *b, const char *c,
            const char *d) {
    static const char *const name[] = {"error", "warning", "info", "debug"};
    char line[LINE_BYTES];
    struct mt_out out;
    struct mt_quiet quiet;
    if (level > log_level)
        return;
    int fd = mt_log_fd();
    if (fd < 0)
        return;
    /* The last byte is kept for the newline, whatever the texts' length. */
    mt_out_init(&out, -1, line, sizeof line - 1);
    mt_out_text(&out, "mtalloc: ");
    mt_out_text(&out, name[level]);
    mt_out_text(&out, ": ");
    const char *const text[] = {a, b, c, d};
    for (int i = 0; i < 4 && text[i]; i++)
        add(&out, text[i]);
    line[out.used++] = '\n';
    mt_quiet_begin(&quiet, 0);
    (void)mt_sys3(SYS_write, fd, line, out.used);
    mt_quiet_end(&quiet);
}
