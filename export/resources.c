#include "export/resources.h"

#include "base/clock.h"
#include "base/sys.h"
#include "export/proc.h"
#include <string.h>
#include <sys/resource.h>

#define USER_TICKS_US 10000u /* the kernel's USER_HZ is 100 on both architectures */

/* The first number in `text`, or MT_UNKNOWN. */
static uint64_t number(const char *text) {
    uint64_t value = 0;
    text += strcspn(text, "0123456789");
    if (!*text)
        return MT_UNKNOWN;
    for (; *text >= '0' && *text <= '9'; text++)
        value = value * 10 + (uint64_t)(*text - '0');
    return value;
}

/* Control characters in the process's name are escaped there: no line is forged by it. */
static bool take_status_line(const char *line, void *context) {
    struct mt_resources *out = context;
    if (strncmp(line, "VmRSS:", 6) == 0)
        out->rss_bytes = number(line + 6) * 1024;
    else if (strncmp(line, "VmHWM:", 6) == 0)
        out->rss_peak_bytes = number(line + 6) * 1024;
    else if (strncmp(line, "Threads:", 8) == 0)
        out->threads = number(line + 8);
    return true;
}

/* Fields 14 and 15 of /proc/PID/stat. The name in parentheses may hold anything. */
static bool read_times(uint32_t pid, struct mt_resources *out) {
    char text[1024];
    int fd = mt_proc_open(pid, "stat");
    if (fd < 0)
        return false;
    long got = mt_proc_read(fd, text, sizeof text - 1);
    (void)mt_sys1(SYS_close, fd);
    if (got <= 0)
        return false;
    text[got] = '\0';
    const char *at = strrchr(text, ')');
    for (int field = 3; at && field <= 14; field++)
        at = strchr(at + 1, ' ');
    if (!at || !(at = strchr(at, ' ')))
        return true;
    out->cpu_user_us = number(at) * USER_TICKS_US;
    at = strchr(at + 1, ' ');
    if (at)
        out->cpu_system_us = number(at) * USER_TICKS_US;
    return true;
}

uint64_t mt_resources_uptime_ms(uint64_t start_monotonic_ms) {
    uint64_t now = mt_clock_monotonic_ms();
    return now > start_monotonic_ms ? now - start_monotonic_ms + 1 : 1;
}

static void start(uint64_t start_monotonic_ms, struct mt_resources *out) {
    *out = (struct mt_resources){
        .rss_bytes = MT_UNKNOWN,
        .rss_peak_bytes = MT_UNKNOWN,
        .cpu_user_us = MT_UNKNOWN,
        .cpu_system_us = MT_UNKNOWN,
        .threads = MT_UNKNOWN,
        .now_unix_ms = mt_clock_unix_ms(),
        .uptime_ms = mt_resources_uptime_ms(start_monotonic_ms),
    };
}

void mt_resources_none(uint64_t start_monotonic_ms, struct mt_resources *out) {
    start(start_monotonic_ms, out);
}

static uint64_t microseconds(const struct timeval *time) {
    return (uint64_t)time->tv_sec * 1000000u + (uint64_t)time->tv_usec;
}

void mt_resources_self(uint64_t start_monotonic_ms, struct mt_resources *out) {
    struct rusage usage;
    start(start_monotonic_ms, out);
    out->known = true;
    if (mt_sys2(SYS_getrusage, RUSAGE_SELF, &usage) == 0) {
        out->cpu_user_us = microseconds(&usage.ru_utime);
        out->cpu_system_us = microseconds(&usage.ru_stime);
    }
    /* Not ru_maxrss: that one is inherited over exec from whatever the PID ran before. */
    (void)mt_proc_lines(0, "status", take_status_line, out);
}

bool mt_resources_of(uint32_t pid, uint64_t start_monotonic_ms, struct mt_resources *out) {
    start(start_monotonic_ms, out);
    out->known = pid && read_times(pid, out);
    if (out->known)
        (void)mt_proc_lines(pid, "status", take_status_line, out);
    return out->known;
}
