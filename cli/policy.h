/* The host's policy (base/policy.h), as far as it concerns the command. */
#ifndef MT_CLI_POLICY_H
#define MT_CLI_POLICY_H

#include "base/policy.h"

/* Read once; what is wrong with it is said then. */
const struct mt_policy *mt_policy(void);

/* Whether a summary may be written, once mt_sealing_for() was called. Says why not. */
bool mt_policy_permits(void);

/* Whether counts may be kept, and printed, unsealed. Says why not. */
bool mt_policy_permits_plain(void);

#endif
