#include "alloc/limits.h"

#include "base/sys.h"
#include <signal.h>

bool mt_limits_slow(const struct mt_options *options) {
    return options->quarantine == MT_QUARANTINE_ALL || options->fill != MT_FILL_OFF ||
           options->break_on_id || mt_guard_all || options->check == MT_CHECK_HEADERS ||
           (options->limit_alloc && options->limit_alloc < MT_SIZE_EXTENDED);
}

/* The instruction, where there is one: a signal that is sent can be blocked, and arrives
 * in a frame further in. */
MT_COLD void mt_limits_break(void) {
#if defined(__x86_64__)
    __asm__ volatile("int3");
#else
    (void)mt_sys3(SYS_tgkill, mt_sys0(SYS_getpid), mt_sys0(SYS_gettid), SIGTRAP);
#endif
}
