/* How much memory this process may have at most, by those who limit it. */
#ifndef MT_BASE_MEMORY_LIMIT_H
#define MT_BASE_MEMORY_LIMIT_H

#include <stdint.h>

#define MT_CGROUP_SELF  "/proc/self/cgroup"
#define MT_CGROUP_MOUNT "/sys/fs/cgroup"

/* The least of RLIMIT_AS and the limits of the control groups (version 2 and 1) that the
 * process is in; UINT64_MAX: none. `self` and `mount` are the two places above.
 * MT_SIGNAL_SAFE. */
uint64_t mt_memory_limit(const char *self, const char *mount);

#endif
