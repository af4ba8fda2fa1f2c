#include "cli/run.h"

#include "cli/say.h"
#include "track/region.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define HEADER_BYTES 4096
_Static_assert(sizeof(struct mt_region) <= HEADER_BYTES, "the header is one page");

int mt_run_recorder(void) {
    int fd = memfd_create("mtalloc-recorder", MFD_CLOEXEC);
    if (fd >= 0 && ftruncate(fd, HEADER_BYTES) == 0)
        return fd;
    mt_say("cannot make a recorder: %s", strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

static void set_environment(const char *library, const char *options, int recorder,
                            pid_t parent) {
    const char *preload = getenv("LD_PRELOAD"), *inherited = getenv("MTALLOC_OPTIONS");
    char place[64];
    snprintf(place, sizeof place, "recorder=/proc/%d/fd/%d", parent, recorder);
    char *libraries =
        mt_join(library, preload && preload[0] ? ":" : "", preload != NULL ? preload : "");
    char *given = mt_join(inherited != NULL ? inherited : "", ",", options);
    char *all = mt_join(given, ",", place);
    setenv("LD_PRELOAD", libraries, 1);
    setenv("MTALLOC_OPTIONS", all + strspn(all, ","), 1);
}

/* In the child. The library in the process of this PID owns the recording. */
static bool claim(int recorder) {
    struct mt_region header = {.version = MT_REGION_VERSION,
                               .owner_pid = (uint32_t)getpid(),
                               .state = MT_STATE_EMPTY};
    return pwrite(recorder, &header, sizeof header, 0) == (ssize_t)sizeof header;
}

static void execute(const struct mt_program *program, char **argv) {
    if (!program->shell_script) {
        execv(program->path, argv);
        return;
    }
    int count = 0;
    while (argv[count] != NULL)
        count++;
    char **shell = mt_alloc((size_t)count + 2, sizeof *shell);
    shell[0] = (char *)"/bin/sh";
    shell[1] = program->path;
    memcpy(shell + 2, argv + 1, (size_t)count * sizeof *shell);
    execv(shell[0], shell);
}

static volatile pid_t child;

/* Whoever ends `mtalloc run` means the program; the report comes when that has ended. */
static void forward(int number) {
    if (child > 0)
        kill(child, number);
}

/* The terminal sends its keys to the program as well, which decides what they mean. */
static void wait_for(struct mt_ended *ended, const sigset_t *mask) {
    struct sigaction action = {.sa_handler = forward, .sa_flags = SA_RESTART}, ignore = {0};
    ignore.sa_handler = SIG_IGN;
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    sigaction(SIGINT, &ignore, NULL);
    sigaction(SIGQUIT, &ignore, NULL);
    sigprocmask(SIG_SETMASK, mask, NULL);
    while (wait4(child, &ended->status, 0, &ended->usage) < 0 && errno == EINTR)
        ;
    child = 0;
    action.sa_handler = SIG_DFL;
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGQUIT, &action, NULL);
}

bool mt_run_child(const struct mt_program *program, char **argv, const char *library,
                  const char *options, int recorder, struct mt_ended *ended) {
    int trouble[2], problem = 0;
    sigset_t all, before;
    pid_t parent = getpid();
    if (pipe2(trouble, O_CLOEXEC) != 0) {
        mt_say("cannot start %s: %s", program->path, strerror(errno));
        return false;
    }
    fflush(NULL);
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    child = fork();
    if (child == 0) {
        sigprocmask(SIG_SETMASK, &before, NULL);
        set_environment(library, options, recorder, parent);
        if (claim(recorder))
            execute(program, argv);
        problem = errno;
        if (write(trouble[1], &problem, sizeof problem) < 0)
            _exit(MT_EXIT_STATUS_RUN);
        _exit(MT_EXIT_STATUS_NOT_EXECUTABLE);
    }
    problem = child < 0 ? errno : 0;
    close(trouble[1]);
    if (child > 0) {
        bool failed = read(trouble[0], &problem, sizeof problem) == (ssize_t)sizeof problem;
        problem = failed ? problem : 0;
        wait_for(ended, &before);
    }
    close(trouble[0]);
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (problem != 0)
        mt_say("cannot run %s: %s", program->path, strerror(problem));
    return problem == 0;
}

int mt_run_status(int wait_status) {
    return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status)
                                    : WEXITSTATUS(wait_status);
}
