#include "base/log.h"

#include "base/clock.h"
#include "base/log_open.h"
#include "base/option_values.h"
#include "base/quiet.h"
#include "base/sys.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#define LINE_BYTES 512

static int log_fd = -1;
static dev_t log_device;
static ino_t log_inode;
static bool log_opened; /* by us, so ours to close */
static bool to_syslog;
static _Atomic uint64_t window_ms; /* when the second began that is counted */
static _Atomic uint32_t in_window, left_out;
static enum mt_log_level log_level = MT_LOG_WARNING;

static void use(int fd) {
    struct stat file;
    log_fd = -1;
    if (fd < 0 || mt_sys2(SYS_fstat, fd, &file) != 0)
        return;
    log_device = file.st_dev;
    log_inode = file.st_ino;
    log_fd = fd;
}

void mt_log_start(const char *destination, enum mt_log_level least_important) {
    int fd, opened;
    log_level = least_important;
    if (log_opened) /* by an earlier start */
        (void)mt_sys1(SYS_close, log_fd);
    log_opened = to_syslog = false;
    use(-1);
    if (!mt_option_read_log(destination, strlen(destination), &fd))
        return;
    if (fd != MT_LOG_TO_SYSLOG && fd != MT_LOG_TO_FILE) {
        use(fd);
        return;
    }
    opened = fd == MT_LOG_TO_SYSLOG
                 ? mt_log_open_syslog()
                 : mt_log_open_file(destination + sizeof MT_LOG_FILE_PREFIX - 1);
    log_opened = opened >= 0;
    to_syslog = log_opened && fd == MT_LOG_TO_SYSLOG;
    use(log_opened ? opened : 2);
    if (!log_opened)
        mt_log(MT_LOG_WARNING, fd == MT_LOG_TO_SYSLOG ? "log: no syslog" : "log: the file",
               fd == MT_LOG_TO_SYSLOG ? " can be reached"
                                      : " cannot be opened, or is unsafe",
               "; messages go to stderr", NULL);
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

static void write_line(int fd, enum mt_log_level level, const char *const text[4]) {
    static const char *const name[] = {"error", "warning", "info", "debug"};
    /* Facility 1, "user"; severities 3, 4, 6, 7. */
    static const char *const priority[] = {"<11>", "<12>", "<14>", "<15>"};
    char line[LINE_BYTES];
    struct mt_out out;
    struct mt_quiet quiet;
    /* The last byte is kept for the newline, whatever the texts' length. */
    mt_out_init(&out, -1, line, sizeof line - 1);
    if (to_syslog)
        mt_out_text(&out, priority[level]);
    mt_out_text(&out, "mtalloc");
    if (to_syslog) {
        mt_out_text(&out, "[");
        mt_out_u64(&out, (uint64_t)mt_sys0(SYS_getpid));
        mt_out_text(&out, "]");
    }
    mt_out_text(&out, ": ");
    mt_out_text(&out, name[level]);
    mt_out_text(&out, ": ");
    for (int i = 0; i < 4 && text[i]; i++)
        add(&out, text[i]);
    line[out.used++] = '\n';
    mt_quiet_begin(&quiet, 0);
    (void)mt_sys3(SYS_write, fd, line, out.used);
    mt_quiet_end(&quiet);
}

/* Whether one more may be printed; how many were not before it in *missing. Two threads at
 * a second's turn may both begin it: then a few more are printed, and none is lost. */
static bool within_rate(uint32_t *missing) {
    uint64_t now = mt_clock_monotonic_ms(), begun = atomic_load(&window_ms);
    *missing = 0;
    if ((!begun || now - begun >= 1000) &&
        atomic_compare_exchange_strong(&window_ms, &begun, now)) {
        atomic_store(&in_window, 0);
        *missing = atomic_exchange(&left_out, 0);
    }
    if (atomic_fetch_add(&in_window, 1) < MT_LOG_MOST)
        return true;
    atomic_fetch_add(&left_out, 1);
    return false;
}

void mt_log(enum mt_log_level level, const char *a, const char *b, const char *c,
            const char *d) {
    char number[16];
    struct mt_out out;
    uint32_t missing;
    if (level > log_level)
        return;
    int fd = mt_log_fd();
    if (fd < 0 || !within_rate(&missing))
        return;
    if (missing) {
        mt_out_init(&out, -1, number, sizeof number - 1);
        mt_out_u64(&out, missing);
        number[out.used] = '\0';
        write_line(fd, MT_LOG_WARNING,
                   (const char *const[4]){number, " messages were left out", NULL, NULL});
    }
    write_line(fd, level, (const char *const[4]){a, b, c, d});
}
