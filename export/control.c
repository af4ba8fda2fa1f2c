#include "export/control.h"

#include "base/alone.h"
#include "base/options.h"
#include "base/sys.h"
#include "export/sandbox.h"
#include "track/region_make.h"
#include <errno.h>

static mt_control_act *act[MT_CONTROL_REQUESTS];

void mt_control_start(mt_control_act *const acts[MT_CONTROL_REQUESTS]) {
    for (int i = 0; i < MT_CONTROL_REQUESTS; i++)
        act[i] = acts[i];
}

/* The kernel lets nobody else queue a signal, but for who may signal anybody. */
static bool is_ours(const siginfo_t *info) {
    return info->si_code == SI_QUEUE &&
           (info->si_uid == 0 || info->si_uid == (uid_t)mt_sys0(SYS_getuid) ||
            info->si_uid == (uid_t)mt_sys0(SYS_geteuid));
}

static int follow(const struct mt_control_ask *ask, struct mt_control *answer) {
    if (mt_options->no_control)
        return -EPERM;
    if (ask->request >= MT_CONTROL_REQUESTS || !act[ask->request])
        return -ENOSYS;
    return act[ask->request](ask, answer);
}

/* The same ticket twice is the same request, sent again. */
static void answer(const struct mt_control_ask *ask) {
    struct mt_control *control = &mt_region_own->control;
    if (atomic_load(&control->answered) == ask->ticket)
        return;
    atomic_store(&control->taken, ask->ticket);
    atomic_store(&control->result, follow(ask, control));
    /* Last: whoever sees the ticket sees the answer. */
    atomic_store(&control->answered, ask->ticket);
}

bool mt_control_take(const siginfo_t *info) {
    struct mt_control_ask ask;
    if (info->si_code != SI_QUEUE ||
        !mt_control_unpack((uint64_t)(uintptr_t)info->si_value.sival_ptr, &ask) ||
        ask.request == MT_CONTROL_DUMP)
        return false;
    /* A forked child may still have its parent's recording. */
    if (mt_sandbox_forbids("request") || !is_ours(info) || !mt_region_own ||
        mt_region_own->pid != (uint32_t)mt_sys0(SYS_getpid))
        return true;
    if (mt_alone_begin(MT_ALONE_REQUEST)) {
        answer(&ask);
        mt_alone_end(MT_ALONE_REQUEST);
    }
    return true;
}
