/*
 * Writing a summary of this process, whoever asks for it: signal, exit or the API.
 *
 * One at a time: a second request while one runs is refused, counted and not waited for.
 * The work runs on a stack of its own, so that a minimal alternate signal stack is enough,
 * with signals blocked, so that no handler of the program runs there or jumps out of it.
 */
#ifndef MT_EXPORT_DUMP_H
#define MT_EXPORT_DUMP_H

#include "export/summary.h"
#include "track/region.h"

struct mt_export_setup {
    struct mt_region *region;
    const char *const *envp; /* read during mt_export_start() only */
    void (*refresh)(void);   /* renews region->figures; may take locks, so it is called
                                for MT_REASON_EXIT only; may be NULL */
};

/* Makes dumps possible: settles the directory (option `dir`) and takes the signal (option
 * `signal`). Called once from init, after mt_options_seal() and mt_log_start(); never under
 * `off` and never in a privileged (AT_SECURE) program. */
void mt_export_start(const struct mt_export_setup *setup);

/* Runs `work` as an export is run: one at a time, on a stack of its own, with signals
 * blocked. False: another one goes on. MT_SIGNAL_SAFE. */
bool mt_export_alone(void (*work)(void *), void *context);

/* In a forked child, with the region it now counts in: writes its PID there, restarts its
 * sequence and quotas. */
void mt_export_after_fork_child(struct mt_region *region);

/*
 * Writes a summary into a new file of the dump directory. Returns 0 or a negative errno:
 * -EAGAIN when another export runs, max_dumps is reached, or (signals only) the last one
 * was less than min_dump_interval ago; -ENOTSUP before mt_export_start(). What is refused
 * or fails is counted in the region. errno untouched. MT_SIGNAL_SAFE.
 */
int mt_dump(enum mt_reason reason);

/* The same to a descriptor, which stays open. */
int mt_dump_fd(int fd, enum mt_reason reason);

/* The same to a new file of this name. */
int mt_dump_to(const char *path, enum mt_reason reason);

#endif
