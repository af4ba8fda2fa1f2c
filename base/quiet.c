#include "base/quiet.h"

#include "base/sys.h"
#include <signal.h>

/* Signal sets as the kernel has them: 64 bits. libc's functions silently drop signals
 * 32 and 33 from a set. */
#define BIT(signal) (UINT64_C(1) << ((signal)-1))
#define OURS        (BIT(SIGPIPE) | BIT(SIGXFSZ))

void mt_quiet_begin(struct mt_quiet *quiet, uint64_t also) {
    uint64_t block = OURS | also;
    quiet->mask = quiet->pending = 0;
    (void)mt_sys4(SYS_rt_sigprocmask, SIG_BLOCK, &block, &quiet->mask, sizeof block);
    (void)mt_sys2(SYS_rt_sigpending, &quiet->pending, sizeof quiet->pending);
}

void mt_quiet_end(const struct mt_quiet *quiet) {
    uint64_t pending = 0;
    (void)mt_sys2(SYS_rt_sigpending, &pending, sizeof pending);
    /* One of them at most: whoever writes stops at the first error. */
    uint64_t ours = pending & OURS & ~quiet->pending;
    long at_once[2] = {0, 0};
    if (ours)
        (void)mt_sys4(SYS_rt_sigtimedwait, &ours, 0, at_once, sizeof ours);
    (void)mt_sys4(SYS_rt_sigprocmask, SIG_SETMASK, &quiet->mask, 0, sizeof quiet->mask);
}
