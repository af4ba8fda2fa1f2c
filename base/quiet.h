/*
 * Writing without the signals that writing can cause: SIGPIPE from a broken pipe, SIGXFSZ
 * at the file size limit. Both end the program by default, which must not happen to it for
 * something it did not do. MT_SIGNAL_SAFE; errno untouched.
 */
#ifndef MT_BASE_QUIET_H
#define MT_BASE_QUIET_H

#include <stdint.h>

struct mt_quiet {
    uint64_t mask;    /* the thread's before */
    uint64_t pending; /* what was pending already, and so is the program's */
};

/* Blocks both, and besides them `also` (bit n - 1 is signal n), in this thread. */
void mt_quiet_begin(struct mt_quiet *quiet, uint64_t also);

/* Takes away what arose since and restores the mask. */
void mt_quiet_end(const struct mt_quiet *quiet);

#endif
