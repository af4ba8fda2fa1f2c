#include "base/die.h"

#include "base/sys.h"
#include <signal.h>

static void raise_abort(void) {
    (void)mt_sys3(SYS_tgkill, mt_sys0(SYS_getpid), mt_sys0(SYS_gettid), SIGABRT);
}

/* The program's own handler runs first, as with abort(); if it returns, or there is none,
 * the default action ends the process. */
_Noreturn void mt_die(void) {
    sigset_t only;
    struct sigaction fallback = {.sa_handler = SIG_DFL};
    sigemptyset(&only);
    sigaddset(&only, SIGABRT);
    (void)mt_sys4(SYS_rt_sigprocmask, SIG_UNBLOCK, &only, 0, 8);
    raise_abort();
    (void)sigaction(SIGABRT, &fallback, 0);
    raise_abort();
    for (;;)
        (void)mt_sys1(SYS_exit_group, 134);
}
