/*
 * The host's policy, /etc/mtalloc.conf (configure --with-policy): a floor under what leaves
 * processes, which no option lowers. Lines "name=value"; "#" begins a comment:
 *
 *   require_encryption=1   nothing is written unsealed; recordings are refused
 *   recipient=KEY          who summaries are sealed for, in place of the option
 *   privacy=strict
 *   max_dumps=N, max_dump_bytes=N, max_dir_files=N, max_dir_bytes=N   at most
 *   min_dump_interval=N             at least
 *   dir=PATH               in place of the option
 *   signal=none            no signal is taken
 *   control=none           what is counted, and how, cannot be changed while a program
 * runs; of requests by signal only a summary is followed
 *
 * The file must belong to root and be writable by nobody else; otherwise it is ignored. A
 * file that is the host's and cannot be read, or has a line that is none of the above,
 * stops all summaries and recordings: what it was meant to forbid is not known.
 */
#ifndef MT_BASE_POLICY_H
#define MT_BASE_POLICY_H

#include "base/options.h"

struct mt_policy {
    bool require_encryption, no_signal, no_control;
    bool silent; /* nothing may be written at all */
    struct mt_options floor;
};

/* Reads `path`. A static text saying what is wrong with it, or NULL. MT_SIGNAL_SAFE. */
const char *mt_policy_read(const char *path, struct mt_policy *policy);

/* Raises options to the floor. MT_SIGNAL_SAFE. */
void mt_policy_apply(const struct mt_policy *policy, struct mt_options *options);

#endif
