#include "export/sandbox.h"

#include "base/log.h"
#include "base/options.h"
#include "base/sys.h"
#include "export/proc.h"
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define CAP_SYS_ADMIN_BIT 21

/* What /proc/self/status says of it. */
struct facts {
    uint64_t filters; /* how many there are; 0: the kernel does not say */
    bool no_new_privileges, administrator;
};

static struct {
    long mode; /* of seccomp, as PR_GET_SECCOMP has it */
    struct facts facts;
    int status;   /* /proc/self/status, held where nothing else could tell; or -1 */
    long pid;     /* whose that is */
    dev_t device; /* and which file: the program may have put another in its place */
    ino_t inode;
} at_start = {.status = -1};
static atomic_bool said;

static long ask(int what) {
    return mt_sys6(SYS_prctl, what, 0, 0, 0, 0, 0);
}

static uint64_t number(const char *digits, unsigned base) {
    uint64_t value = 0;
    for (;; digits++) {
        unsigned digit =
            *digits >= 'a' ? (unsigned)*digits - 'a' + 10 : (unsigned)*digits - '0';
        if (digit >= base)
            return value;
        value = value * base + digit;
    }
}

static bool take_line(const char *line, void *context) {
    static const char filters[] = "Seccomp_filters:\t", given_up[] = "NoNewPrivs:\t",
                      permitted[] = "CapPrm:\t";
    struct facts *facts = context;
    if (strncmp(line, filters, sizeof filters - 1) == 0)
        facts->filters = number(line + sizeof filters - 1, 10);
    else if (strncmp(line, given_up, sizeof given_up - 1) == 0)
        facts->no_new_privileges = number(line + sizeof given_up - 1, 10) != 0;
    else if (strncmp(line, permitted, sizeof permitted - 1) == 0)
        facts->administrator =
            (number(line + sizeof permitted - 1, 16) >> CAP_SYS_ADMIN_BIT & 1) != 0;
    return true;
}

/* False when it cannot be read. */
static bool read_facts(int fd, struct facts *facts) {
    *facts = (struct facts){0};
    return mt_proc_lines_of(fd, take_line, facts) > 0;
}

static bool is_held(int fd) {
    struct stat file;
    return fd >= 0 && mt_sys2(SYS_fstat, fd, &file) == 0 &&
           file.st_dev == at_start.device && file.st_ino == at_start.inode;
}

static bool has_as_many_filters(int fd) {
    struct facts now;
    return is_held(fd) && read_facts(fd, &now) && now.filters == at_start.facts.filters;
}

static void close_status(int fd) {
    if (fd >= 0)
        (void)mt_sys1(SYS_close, fd);
}

/* Keeps it out of the way of a program that counts its descriptors. */
static void hold(int fd) {
    static const int floor[] = {500, 100, 50};
    at_start.status = -1;
    for (size_t i = 0; at_start.status < 0 && i < sizeof floor / sizeof *floor; i++)
        at_start.status = (int)mt_sys3(SYS_fcntl, fd, F_DUPFD_CLOEXEC, floor[i]);
    struct stat file = {0};
    if (mt_sys2(SYS_fstat, at_start.status, &file) != 0) {
        close_status(at_start.status);
        at_start.status = -1;
    }
    at_start.device = file.st_dev;
    at_start.inode = file.st_ino;
    at_start.pid = mt_sys0(SYS_getpid);
    close_status(fd);
}

/* Who has given up new privileges, or is an administrator, can add a filter and nothing but
 * their number shows it. */
static bool can_add(void) {
    return at_start.facts.no_new_privileges || at_start.facts.administrator;
}

void mt_sandbox_start(void) {
    at_start.mode = ask(PR_GET_SECCOMP);
    if (at_start.mode <= 0 || mt_options->sandbox == MT_SANDBOX_IGNORE)
        return;
    int fd = mt_proc_open(0, "status");
    if (!read_facts(fd, &at_start.facts))
        at_start.facts.administrator = true;
    if (can_add() && at_start.facts.filters)
        hold(fd);
    else
        close_status(fd);
}

/* The parent's count says whether the child may open its own. */
void mt_sandbox_after_fork(void) {
    int parents = at_start.status;
    atomic_store(&said, false);
    if (at_start.pid == mt_sys0(SYS_getpid))
        return;
    at_start.status = -1;
    if (!is_held(parents)) /* it is the program's now, or there was none */
        return;
    if (has_as_many_filters(parents))
        hold(mt_proc_open(0, "status"));
    close_status(parents);
}

static bool narrowed(void) {
    if (ask(PR_GET_SECCOMP) == 0)
        return false;
    if (at_start.mode <= 0)
        return true;
    if (!can_add() && ask(PR_GET_NO_NEW_PRIVS) == 0)
        return false;
    return at_start.status < 0 || at_start.pid != mt_sys0(SYS_getpid) ||
           !has_as_many_filters(at_start.status);
}

bool mt_sandbox_forbids(const char *what) {
    if (mt_options->sandbox == MT_SANDBOX_IGNORE || !narrowed())
        return false;
    if (!atomic_exchange(&said, true))
        mt_log(MT_SAY_SANDBOXED, what, "a seccomp filter came after the start", "sandbox");
    return true;
}
