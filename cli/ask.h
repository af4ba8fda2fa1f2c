/* Asking a process for something by its signal, and waiting for the answer in its region.
 */
#ifndef MT_CLI_ASK_H
#define MT_CLI_ASK_H

#include "export/control.h"

struct mt_ask {
    uint32_t pid;
    const char *verb;    /* for messages: "cannot VERB process PID" */
    uint64_t until_ms;   /* no answer is waited for beyond that */
    uint32_t ticket;     /* of the last request */
    uint64_t address;    /* of the region; or */
    int fd;              /* its recording, where memory may not be read; else -1 */
    uint32_t stack_mode; /* when it was opened */
    bool quiet;          /* why there was no answer is not said, but kept in */
    const char *why;     /* here; that the process has ended is said */
};

/* Looks whether the process can be asked, until `seconds` from now. An exit status; why it
 * can't has been said. */
int mt_ask_open(struct mt_ask *ask, const char *operand, unsigned seconds);

/* Sends a request and waits. OK with the answer, or an exit status, and why was said. */
int mt_ask_send(struct mt_ask *ask, enum mt_control_request request, uint8_t argument,
                struct mt_control *answer);

/* Reads the answer again. False: the process is gone. */
bool mt_ask_look(const struct mt_ask *ask, struct mt_control *answer);

/* True a little later; false when the time is over. */
bool mt_ask_wait(const struct mt_ask *ask);

void mt_ask_close(struct mt_ask *ask);

#endif
