#include "export/signal.h"

#include "export/control.h"
#include "export/dump.h"
#include <errno.h>
#include <signal.h>
#include <stddef.h>

static int taken;

/* Both leave errno alone. */
static void on_signal(int number, siginfo_t *info, void *context) {
    (void)number;
    (void)context;
    if (!mt_control_take(info))
        (void)mt_dump(MT_REASON_SIGNAL);
}

bool mt_signal_start(int number) {
    struct sigaction action;
    int kept = errno;
    if (number && sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_DFL) {
        action = (struct sigaction){.sa_sigaction = on_signal,
                                    .sa_flags = SA_RESTART | SA_ONSTACK | SA_SIGINFO};
        (void)sigfillset(&action.sa_mask);
        if (sigaction(number, &action, NULL) == 0)
            taken = number;
    }
    errno = kept;
    return taken != 0;
}

int mt_signal_taken(void) {
    struct sigaction action;
    int kept = errno;
    bool ours = taken && sigaction(taken, NULL, &action) == 0 &&
                action.sa_flags & SA_SIGINFO && action.sa_sigaction == on_signal;
    errno = kept;
    return ours ? taken : 0;
}
