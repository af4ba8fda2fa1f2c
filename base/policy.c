#include "base/policy.h"

#include "base/option_values.h"
#include "base/sys.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_BYTES 16384

static const char bad_line[] = "has a line that is not understood: nothing is written";

/* What would restrict nothing. */
static void open_wide(struct mt_policy *policy) {
    *policy = (struct mt_policy){0};
    policy->floor.max_dumps = policy->floor.max_dump_bytes = UINT64_MAX;
    policy->floor.max_dir_files = policy->floor.max_dir_bytes = UINT64_MAX;
}

static bool is(const char *line, size_t length, const char *name) {
    return strlen(name) == length && memcmp(line, name, length) == 0;
}

static bool take(struct mt_policy *policy, char *line) {
    static const char *const options[] = {
        "privacy",       "recipient",     "max_dumps",         "max_dump_bytes",
        "max_dir_files", "max_dir_bytes", "min_dump_interval", "dir"};
    const char *equals = strchr(line, '=');
    if (!equals || strchr(line, ','))
        return false;
    size_t length = (size_t)(equals - line);
    if (is(line, length, "require_encryption"))
        return mt_option_read_bool(equals + 1, strlen(equals + 1),
                                   &policy->require_encryption);
    if (is(line, length, "signal"))
        return policy->no_signal = strcmp(equals + 1, "none") == 0;
    if (is(line, length, "control"))
        return policy->no_control = strcmp(equals + 1, "none") == 0;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (is(line, length, options[i]))
            return mt_options_parse(&policy->floor, line, NULL, NULL) == 0;
    return false;
}

/* Cuts spaces off both ends, and a comment. */
static char *trim(char *line) {
    line[strcspn(line, "#")] = '\0';
    size_t length = strlen(line);
    while (length && strchr(" \t\r", line[length - 1]))
        line[--length] = '\0';
    while (*line == ' ' || *line == '\t')
        line++;
    return line;
}

static bool take_all(struct mt_policy *policy, char *text, size_t bytes) {
    /* A NUL would end the text before what follows it. */
    if (memchr(text, '\0', bytes))
        return false;
    for (char *line = text, *next; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        line = trim(line);
        if (*line && !take(policy, line))
            return false;
    }
    return true;
}

static const char *silence(struct mt_policy *policy, const char *why) {
    policy->silent = true;
    return why;
}

/* The file's length in `text`; -1: it can't be read, or is longer. */
static long read_all(int fd, char text[FILE_BYTES]) {
    size_t used = 0;
    long got;
    while ((got = mt_sys3(SYS_read, fd, text + used, FILE_BYTES - used)) > 0 ||
           got == -EINTR)
        used += got > 0 ? (size_t)got : 0;
    return got < 0 || used == FILE_BYTES ? -1 : (long)used;
}

const char *mt_policy_read(const char *path, struct mt_policy *policy) {
    static char text[FILE_BYTES];
    struct stat file;
    open_wide(policy);
    int fd = (int)mt_sys4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
    if (fd == -ENOENT || fd == -ENOTDIR)
        return NULL;
    if (fd < 0)
        return silence(policy, "cannot be opened: nothing is written");
    if (mt_sys2(SYS_fstat, fd, &file) != 0 || !S_ISREG(file.st_mode) || file.st_uid != 0 ||
        (file.st_mode & 022)) {
        (void)mt_sys1(SYS_close, fd);
        return "is ignored: it must be root's, and writable by nobody else";
    }
    long bytes = read_all(fd, text);
    (void)mt_sys1(SYS_close, fd);
    if (bytes < 0)
        return silence(policy, "cannot be read, or is too long: nothing is written");
    text[bytes] = '\0';
    return take_all(policy, text, (size_t)bytes) ? NULL : silence(policy, bad_line);
}

static void at_most(uint64_t *value, uint64_t most) {
    if (*value > most)
        *value = most;
}

/* As at_most(), where 0 is no limit. */
static void at_most_if_any(uint64_t *value, uint64_t most) {
    if (most && (!*value || *value > most))
        *value = most;
}

void mt_policy_apply(const struct mt_policy *policy, struct mt_options *options) {
    const struct mt_options *floor = &policy->floor;
    options->require_encryption = policy->require_encryption || policy->silent;
    options->no_control = policy->no_control || policy->silent;
    if (floor->privacy > options->privacy)
        options->privacy = floor->privacy;
    at_most(&options->max_dumps, policy->silent ? 0 : floor->max_dumps);
    at_most(&options->max_dump_bytes, floor->max_dump_bytes);
    at_most_if_any(&options->max_dir_files, floor->max_dir_files);
    at_most_if_any(&options->max_dir_bytes, floor->max_dir_bytes);
    if (options->min_dump_interval < floor->min_dump_interval)
        options->min_dump_interval = floor->min_dump_interval;
    options->dir_fixed = floor->dir[0] != '\0';
    if (options->dir_fixed)
        memcpy(options->dir, floor->dir, sizeof options->dir);
    if (floor->recipient[0])
        memcpy(options->recipient, floor->recipient, sizeof options->recipient);
    if (policy->no_signal || policy->silent)
        memcpy(options->signal, "none", sizeof "none");
}
