/*
 * Writing without the signals that writing can cause: SIGPIPE from a broken pipe, SIGXFSZ
 * at the file size limit. Both end the program by default, which must not happen to it for
 * something it did not do. MT_SIGNAL_SAFE; errno untouched.
 */
#ifndef MT_BASE_QUIET_H
#define MT_BASE_QUIET_H

#include <signal.h>
#include <stdint.h>

struct mt_quiet {
    uint64_t mask;    /* the thread's before */
    uint64_t pending; /* what was pending already, and so is the program's */
};

/* All signals but those that report faults, which the kernel would not let wait, and 33,
 * by which the C library makes every thread take part in setuid(). */
#define MT_QUIET_BIT(signal) (UINT64_C(1) << ((signal)-1))
#define MT_QUIET_MOST                                                                      \
    (~(MT_QUIET_BIT(SIGILL) | MT_QUIET_BIT(SIGTRAP) | MT_QUIET_BIT(SIGABRT) |              \
       MT_QUIET_BIT(SIGBUS) | MT_QUIET_BIT(SIGFPE) | MT_QUIET_BIT(SIGSEGV) |               \
       MT_QUIET_BIT(SIGSYS) | MT_QUIET_BIT(33)))

/* Blocks both, and besides them `also` (bit n - 1 is signal n), in this thread. */
void mt_quiet_begin(struct mt_quiet *quiet, uint64_t also);

/* Takes away what arose since and restores the mask. */
void mt_quiet_end(const struct mt_quiet *quiet);

#endif
