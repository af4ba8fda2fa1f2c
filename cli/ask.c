#include "cli/ask.h"

#include "base/clock.h"
#include "base/random.h"
#include "cli/exit_status.h"
#include "cli/process.h"
#include "cli/say.h"
#include "cli/source.h"
#include "export/outside_find.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A request may be lost: standard signals are not queued twice, and while one request is
 * answered others are dropped. It is sent again once, for the handler may be the program's.
 */
#define AGAIN_MS   1000
#define PENDING_MS 20
#define SENT_MOST  2

static bool read_part(const struct mt_ask *ask, size_t offset, void *to, size_t bytes) {
    if (ask->fd >= 0)
        return pread(ask->fd, to, bytes, (off_t)offset) == (ssize_t)bytes;
    return mt_outside_peek(ask->pid, ask->address + offset, to, bytes) == 0;
}

bool mt_ask_look(const struct mt_ask *ask, struct mt_control *answer) {
    return mt_process_state(ask->pid) != '\0' &&
           read_part(ask, offsetof(struct mt_region, control), answer, sizeof *answer);
}

bool mt_ask_wait(const struct mt_ask *ask) {
    struct timespec pause = {.tv_nsec = 2000000};
    (void)nanosleep(&pause, NULL);
    return mt_clock_monotonic_ms() < ask->until_ms;
}

static int refuse(struct mt_ask *ask, int status, const char *why) {
    ask->why = why;
    if (!ask->quiet || status == MT_EXIT_STATUS_PROCESS)
        mt_say("cannot %s process %u: %s", ask->verb, ask->pid, why);
    return status;
}

/* ---- may it be asked? ---- */

static int find_region(struct mt_ask *ask) {
    char name[32];
    struct mt_source source = {.name = name, .pid = ask->pid};
    snprintf(name, sizeof name, "process %u", ask->pid);
    errno = 0;
    enum mt_outside_error error = mt_outside_find(ask->pid, &ask->address);
    if (error == MT_OUTSIDE_OK)
        return MT_EXIT_STATUS_OK;
    if (error != MT_OUTSIDE_NO_PERMISSION)
        return mt_source_refused(&source, ask->verb, error);
    char *recording = mt_process_recording(ask->pid);
    if (recording != NULL)
        ask->fd = open(recording, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    free(recording);
    if (ask->fd >= 0)
        return MT_EXIT_STATUS_OK;
    mt_say("cannot %s %s: its memory may not be read%s, which is where the answer comes",
           ask->verb, name, mt_process_refusal(ask->pid));
    return MT_EXIT_STATUS_DENIED;
}

/* One of the sets of signals in /proc/PID/status. */
static bool in_set(uint32_t pid, const char *set, uint32_t number) {
    char path[64], line[512];
    unsigned long long bits = 0;
    snprintf(path, sizeof path, "/proc/%u/status", pid);
    FILE *status = fopen(path, "re");
    while (status != NULL && fgets(line, sizeof line, status) != NULL)
        if (!strncmp(line, set, strlen(set)))
            bits = strtoull(line + strlen(set), NULL, 16);
    if (status != NULL)
        fclose(status);
    return number >= 1 && number <= 64 && bits >> (number - 1) & 1;
}

/* The region may be a hostile process's: the signal is looked at as the kernel has it, and
 * goes to that process alone. */
static const char *obstacle(const struct mt_ask *ask, const struct mt_region *region) {
    uint32_t number = atomic_load(&region->control.signal);
    if (region->pid != mt_process_own_number(ask->pid))
        return "it is a forked child that has allocated nothing yet";
    if (number == 0)
        return atomic_load(&region->control.declined)
                   ? "the signal of option signal is the program's own"
                   : "it takes no signal (option signal, or the host's policy), or has "
                     "taken "
                     "it for itself";
    return in_set(ask->pid, "SigCgt:", number) ? NULL : "it no longer handles its signal";
}

int mt_ask_open(struct mt_ask *ask, const char *operand, unsigned seconds) {
    struct mt_region region;
    const char *why;
    ask->fd = -1;
    int status = mt_source_pid(operand, &ask->pid) ? MT_EXIT_STATUS_OK
                                                   : mt_process_named(operand, &ask->pid);
    if (status == MT_EXIT_STATUS_OK)
        status = find_region(ask);
    if (status != MT_EXIT_STATUS_OK)
        return status;
    if (!read_part(ask, 0, &region, sizeof region))
        return refuse(ask, MT_EXIT_STATUS_PROCESS, "its counters cannot be read");
    if (!mt_region_check(&region, UINT64_MAX, &why) || (why = obstacle(ask, &region)))
        return refuse(ask, MT_EXIT_STATUS_DENIED, why);
    mt_random(&ask->ticket, sizeof ask->ticket);
    ask->ticket &= INT32_MAX;
    ask->stack_mode = region.stack_mode;
    ask->until_ms = mt_clock_monotonic_ms() + seconds * UINT64_C(1000);
    return MT_EXIT_STATUS_OK;
}

void mt_ask_close(struct mt_ask *ask) {
    if (ask->fd >= 0)
        close(ask->fd);
}

/* ---- asking ---- */

static const char *silence(const struct mt_ask *ask, const struct mt_control *answer) {
    uint32_t number = atomic_load(&answer->signal);
    if (atomic_load(&answer->taken) == ask->ticket)
        return "no answer yet: it is at it";
    char state = mt_process_state(ask->pid);
    if (state == 'T' || state == 't')
        return "no answer: it is stopped";
    if (in_set(ask->pid, "ShdPnd:", number))
        return "no answer: all its threads block the signal, or wait within the kernel";
    return "no answer: the program may have taken the signal for itself";
}

static int send(struct mt_ask *ask, uint32_t number, uint64_t value) {
    union sigval carried = {.sival_ptr = (void *)(uintptr_t)value};
    /* Without a handler it would end the process. */
    if (!in_set(ask->pid, "SigCgt:", number) ||
        sigqueue((pid_t)ask->pid, (int)number, carried) == 0)
        return MT_EXIT_STATUS_OK;
    if (errno == EPERM)
        return refuse(ask, MT_EXIT_STATUS_DENIED, "you may not signal it");
    return refuse(ask, MT_EXIT_STATUS_PROCESS, strerror(errno));
}

/* One ticket. A signal that is no longer pending and that the library has not taken within
 * AGAIN_MS was lost, if the library took others meanwhile, or was not the library's. */
static int exchange(struct mt_ask *ask, uint64_t value, struct mt_control *answer) {
    uint64_t again_ms = 0;
    uint32_t before = 0, sent = 0;
    for (;;) {
        if (!mt_ask_look(ask, answer))
            return refuse(ask, MT_EXIT_STATUS_PROCESS, "it has ended");
        if (atomic_load(&answer->answered) == ask->ticket)
            return MT_EXIT_STATUS_OK;
        if (again_ms > 0 && !mt_ask_wait(ask))
            return refuse(ask, MT_EXIT_STATUS_DENIED, silence(ask, answer));
        uint64_t now_ms = mt_clock_monotonic_ms();
        if (now_ms < again_ms || atomic_load(&answer->taken) == ask->ticket)
            continue;
        uint32_t number = atomic_load(&answer->signal);
        again_ms = now_ms + PENDING_MS;
        if (in_set(ask->pid, "ShdPnd:", number))
            continue;
        if (atomic_load(&answer->taken) != before)
            sent = 0;
        before = atomic_load(&answer->taken);
        if (sent++ == SENT_MOST)
            return refuse(ask, MT_EXIT_STATUS_DENIED, silence(ask, answer));
        again_ms = now_ms + AGAIN_MS;
        int status = send(ask, number, value);
        if (status != MT_EXIT_STATUS_OK)
            return status;
    }
}

static const char *meaning(int error) {
    switch (error) {
    case EPERM:
        return "the host's policy forbids it";
    case EAGAIN:
        return "it was at something else all the time";
    case EACCES:
        return "the system does not let it read its own memory";
    case EBUSY:
        return "somebody else is asking it, too";
    case ENOSYS:
        return "its library does not know how";
    default:
        return strerror(error);
    }
}

int mt_ask_send(struct mt_ask *ask, enum mt_control_request request, uint8_t argument,
                struct mt_control *answer) {
    int result;
    do {
        ask->ticket++;
        uint64_t value = mt_control_pack(
            (struct mt_control_ask){ask->ticket, (uint8_t)request, argument});
        int status = exchange(ask, value, answer);
        if (status != MT_EXIT_STATUS_OK)
            return status;
        result = atomic_load(&answer->result);
    } while (result == -EAGAIN && mt_ask_wait(ask));
    if (result >= 0)
        return MT_EXIT_STATUS_OK;
    return refuse(ask, result == -EPERM ? MT_EXIT_STATUS_DENIED : MT_EXIT_STATUS_FAILED,
                  result == -EINVAL
                      ? "sampled mixes only with off, and it was something else before"
                      : meaning(-result));
}
