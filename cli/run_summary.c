#include "cli/run.h"

#include "base/clock.h"
#include "cli/policy.h"
#include "cli/say.h"
#include "cli/sealing.h"
#include "export/outside.h"
#include "export/resources.h"
#include "export/summary.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the kernel kept of the process; the rest went with it. */
static struct mt_resources resources(const struct mt_region *region,
                                     const struct rusage *usage) {
    struct mt_resources r = {.known = true,
                             .rss_bytes = MT_UNKNOWN,
                             .threads = MT_UNKNOWN,
                             .rss_peak_bytes = (uint64_t)usage->ru_maxrss * 1024};
    r.cpu_user_us =
        (uint64_t)usage->ru_utime.tv_sec * 1000000 + (uint64_t)usage->ru_utime.tv_usec;
    r.cpu_system_us =
        (uint64_t)usage->ru_stime.tv_sec * 1000000 + (uint64_t)usage->ru_stime.tv_usec;
    r.now_unix_ms = mt_clock_unix_ms();
    r.uptime_ms = mt_resources_uptime_ms(region->start_monotonic_ms);
    return r;
}

/* Nobody ever filled the recording. */
static bool untouched(int recorder, uint32_t *others) {
    struct mt_region header = {0};
    ssize_t got = pread(recorder, &header, sizeof header, 0);
    *others = header.other_processes;
    return got != (ssize_t)sizeof header || header.magic == 0;
}

bool mt_run_summary(int recorder, const struct mt_ended *ended, int fd, bool quiet) {
    struct mt_outside view;
    uint32_t others;
    if (untouched(recorder, &others)) {
        if (!quiet && others > 0)
            mt_say("nothing was counted: libmtalloc was loaded by %u other processes, but "
                   "not by the command itself",
                   others);
        else if (!quiet)
            mt_say(
                "nothing was counted: libmtalloc did not start in the command; is option "
                "off set, or the environment cleared?");
        return false;
    }
    enum mt_outside_error error = mt_outside_map_file(recorder, &view);
    if (error != MT_OUTSIDE_OK) {
        mt_say("cannot read what was recorded: %s", mt_outside_message(error));
        return false;
    }
    mt_sealing_for(view.region); /* what is kept of it */
    struct mt_resources r = resources(view.region, &ended->usage);
    struct mt_summary_target target = {.fd = fd,
                                       .max_bytes = INT64_MAX,
                                       .strict =
                                           mt_policy()->floor.privacy == MT_PRIVACY_STRICT};
    int result = mt_summary_write(view.region, &target, MT_REASON_RECORDING, &r);
    mt_outside_close(&view);
    if (result != 0)
        mt_say("cannot write the summary: %s", strerror(-result));
    return result == 0;
}

char *mt_run_ending(const struct mt_model *model, int wait_status) {
    char *text = NULL;
    int length, number = WTERMSIG(wait_status);
    const char *name = sigabbrev_np(number);
    if (!WIFSIGNALED(wait_status))
        length = asprintf(
            &text, "exited with status %d%s", WEXITSTATUS(wait_status),
            !strcmp(model->header.state, "exited") ? "" : " by _exit (no destructors ran)");
    else if (!strcmp(model->header.state, "aborted"))
        length = asprintf(&text, "stopped by a heap error (SIG%s)", name ? name : "?");
    else if (name != NULL)
        length = asprintf(&text, "killed by SIG%s", name);
    else
        length = asprintf(&text, "killed by signal %d", number);
    return length < 0 ? mt_copy("ended") : text;
}
