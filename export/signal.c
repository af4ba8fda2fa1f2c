#include "export/signal.h"

#include "export/dump.h"
#include <errno.h>
#include <signal.h>
#include <stddef.h>

/* mt_dump() leaves errno alone. */
static void on_signal(int number) {
    (void)number;
    (void)mt_dump(MT_REASON_SIGNAL);
}

bool mt_signal_start(int number) {
    struct sigaction action;
    int kept = errno;
    bool taken = false;
    if (number && sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_DFL) {
        action = (struct sigaction){.sa_handler = on_signal,
                                    .sa_flags = SA_RESTART | SA_ONSTACK};
        (void)sigfillset(&action.sa_mask);
        taken = sigaction(number, &action, NULL) == 0;
    }
    errno = kept;
    return taken;
}
