#include "base/log.h"

#include "base/clock.h"
#include "base/log_callback.h"
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
        mt_log(MT_SAY_LOG_UNUSABLE,
               fd == MT_LOG_TO_SYSLOG ? "no syslog can be reached"
                                      : "the file cannot be opened, or is unsafe",
               "stderr", NULL);
}

int mt_log_fd(void) {
    struct stat file;
    if (log_fd < 0 || mt_sys2(SYS_fstat, log_fd, &file) != 0 || file.st_dev != log_device ||
        file.st_ino != log_inode)
        return -1;
    return log_fd;
}

static const struct {
    enum mt_log_level level;
    const char *name, *keys;
} messages[] = {
#define MESSAGE(id, level, name, keys) {MT_LOG_##level, name, keys},
#include "base/messages.def"
#undef MESSAGE
};
static const char *const level_name[] = {"error", "warning", "info", "debug"};

static bool is_plain(unsigned char byte) {
    return byte > ' ' && byte != 0x7f && byte != '"' && byte != '=';
}

/* In quotes where a reader might take it apart. It must not draw on a terminal, nor end
 * the quotes or begin a line of its own. */
static void add_value(struct mt_out *out, const char *text) {
    bool quoted = !*text;
    for (const char *at = text; *at; at++)
        quoted |= !is_plain((unsigned char)*at);
    mt_out_text(out, quoted ? "\"" : "");
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        mt_out_bytes(out, byte < 0x20 || byte == 0x7f || byte == '"' ? "?" : text, 1);
    }
    mt_out_text(out, quoted ? "\"" : "");
}

static void add_pairs(struct mt_out *out, const char *keys, const char *const value[]) {
    for (int i = 0; i < MT_MESSAGE_KEYS && *keys; i++) {
        size_t length = strcspn(keys, ",");
        if (value[i]) {
            mt_out_text(out, " ");
            mt_out_bytes(out, keys, length);
            mt_out_text(out, "=");
            add_value(out, value[i]);
        }
        keys += length + (keys[length] == ',');
    }
}

static void write_line(int fd, enum mt_message message, const char *const value[]) {
    /* Facility 1, "user"; severities 3, 4, 6, 7. */
    static const char *const priority[] = {"<11>", "<12>", "<14>", "<15>"};
    enum mt_log_level level = messages[message].level;
    bool callback = mt_log_has_callback(), datagram = to_syslog && !callback;
    char line[LINE_BYTES];
    struct mt_out out;
    struct mt_quiet quiet;
    /* The last byte is kept for the line's end, whatever the texts' length. */
    mt_out_init(&out, -1, line, sizeof line - 1);
    if (datagram)
        mt_out_text(&out, priority[level]);
    mt_out_text(&out, "mtalloc");
    if (datagram) {
        mt_out_text(&out, "[");
        mt_out_u64(&out, (uint64_t)mt_sys0(SYS_getpid));
        mt_out_text(&out, "]");
    }
    mt_out_text(&out, ": ");
    mt_out_text(&out, level_name[level]);
    mt_out_text(&out, ": ");
    mt_out_text(&out, messages[message].name);
    add_pairs(&out, messages[message].keys, value);
    line[out.used] = callback ? '\0' : '\n';
    if (callback) {
        mt_log_call(level, line);
        return;
    }
    mt_quiet_begin(&quiet, 0);
    (void)mt_sys3(SYS_write, fd, line, out.used + 1);
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

/* A number as a text. */
static const char *digits(uint64_t number, char text[24]) {
    struct mt_out out;
    mt_out_init(&out, -1, text, 23);
    mt_out_u64(&out, number);
    text[out.used] = '\0';
    return text;
}

void mt_log(enum mt_message message, const char *a, const char *b, const char *c) {
    char number[24];
    uint32_t missing;
    int fd = -1;
    if (messages[message].level > log_level)
        return;
    if (!mt_log_has_callback() && (fd = mt_log_fd()) < 0)
        return;
    if (!within_rate(&missing))
        return;
    if (missing)
        write_line(fd, MT_SAY_MESSAGES_LEFT_OUT,
                   (const char *const[MT_MESSAGE_KEYS]){digits(missing, number)});
    write_line(fd, message, (const char *const[MT_MESSAGE_KEYS]){a, b, c});
}

void mt_log_number(enum mt_message message, uint64_t a, const char *b) {
    char number[24];
    mt_log(message, digits(a, number), b, NULL);
}

bool mt_log_lines(struct mt_out *out, enum mt_log_level level, char *buffer,
                  size_t capacity) {
    bool callback = mt_log_has_callback();
    mt_out_init(out, callback ? -1 : mt_log_fd(), buffer, capacity);
    if (callback)
        mt_log_call_lines(out, level);
    return (callback || out->fd >= 0) && level <= log_level;
}
