/*
 * Requests to a process from outside: the signal of option `signal`, queued with a value
 * (sigqueue), by the same user or root. The answer is in the region, struct mt_control,
 * where whoever asked reads it.
 *
 * What can be done in the handler is done there, so that a process that hangs answers too.
 * What cannot, since the allocator may be what was interrupted, waits for a safe point: the
 * next time that a thread takes new allocation IDs.
 */
#ifndef MT_EXPORT_CONTROL_H
#define MT_EXPORT_CONTROL_H

#include "track/region.h"
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

enum mt_control_request {
    MT_CONTROL_NONE,
#define REQUEST(id, name) MT_CONTROL_##id,
#include "export/control.def"
#undef REQUEST
    MT_CONTROL_REQUESTS
};

/* A request as a signal's value. The ticket tells answers apart; 0 is none. */
struct mt_control_ask {
    uint32_t ticket;
    uint8_t request, argument;
};
#define MT_CONTROL_MARK UINT64_C(0x6d74)

static inline uint64_t mt_control_pack(struct mt_control_ask ask) {
    return (uint64_t)ask.ticket << 32 | (uint64_t)ask.argument << 24 |
           (uint64_t)ask.request << 16 | MT_CONTROL_MARK;
}
/* False for any other value. */
static inline bool mt_control_unpack(uint64_t value, struct mt_control_ask *ask) {
    *ask = (struct mt_control_ask){.ticket = (uint32_t)(value >> 32),
                                   .request = (uint8_t)(value >> 16),
                                   .argument = (uint8_t)(value >> 24)};
    return (value & 0xffff) == MT_CONTROL_MARK && ask->ticket;
}

/* Results above 0; below are negative errnos. */
enum {
    MT_CONTROL_DONE,
    MT_CONTROL_MORE, /* max_pause_ms is over: ask for the rest with the next ticket */
};

/* Does what is asked in the handler and notes figures in `answer`. Returns the result. */
typedef int mt_control_act(const struct mt_control_ask *ask, struct mt_control *answer);

/* The acts, by request. Set once, before the signal is taken. */
void mt_control_start(mt_control_act *const acts[MT_CONTROL_REQUESTS]);

/* From the signal's handler: true if the signal was a request and no plain one, whether or
 * not it was followed. A request that comes while another is answered is lost; who asked
 * asks again. errno untouched. MT_SIGNAL_SAFE. */
bool mt_control_take(const siginfo_t *info);

#endif
