/*
 * The handler of SIGSEGV under option guard. What is not an access to a guard slot goes on
 * to whoever had the signal before, as if this one were not there; a program that takes the
 * signal later has it for itself. Anonymous memory raises no SIGBUS, so that is left alone.
 */
#include "alloc/guard_report.h"
#include "alloc/guard_slots.h"
#include "alloc/report.h"
#include "base/alone.h"
#include "base/sys.h"
#include "export/stack.h"

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <time.h>

static struct sigaction previous;

static uint64_t first_word(const sigset_t *set) {
    uint64_t word; /* the kernel's set: what it wrote of a ucontext is no more */
    memcpy(&word, set, sizeof word);
    return word;
}

/* The default action ends the process with the same status, and core, as without us: an
 * instruction faults again, and a signal that was sent is sent again. */
static void by_default(int number, siginfo_t *info) {
    struct sigaction action = {.sa_handler = SIG_DFL};
    (void)sigaction(number, &action, NULL);
    if (info->si_code <= 0)
        (void)mt_sys4(SYS_rt_tgsigqueueinfo, mt_sys0(SYS_getpid), mt_sys0(SYS_gettid),
                      number, info);
}

/* Under the mask that the kernel would have set. */
static void by_handler(int number, siginfo_t *info, ucontext_t *context) {
    const struct sigaction action = previous;
    uint64_t mask = first_word(&context->uc_sigmask) | first_word(&action.sa_mask);
    if (!(action.sa_flags & SA_NODEFER))
        mask |= UINT64_C(1) << (number - 1);
    if (action.sa_flags & SA_RESETHAND)
        previous = (struct sigaction){.sa_handler = SIG_DFL};
    (void)mt_sys4(SYS_rt_sigprocmask, SIG_SETMASK, &mask, 0, sizeof mask);
    if (action.sa_flags & SA_SIGINFO)
        action.sa_sigaction(number, info, context);
    else
        action.sa_handler(number);
}

static void pass_on(int number, siginfo_t *info, ucontext_t *context) {
    bool plain = !(previous.sa_flags & SA_SIGINFO);
    if (plain && previous.sa_handler == SIG_IGN && info->si_code <= 0)
        return; /* the kernel ends who ignores a fault */
    if (plain && (previous.sa_handler == SIG_DFL || previous.sa_handler == SIG_IGN))
        by_default(number, info);
    else
        by_handler(number, info, context);
}

struct fault {
    uintptr_t at;
    const ucontext_t *context;
    enum mt_guard_verdict verdict;
};

static void judge(void *argument) {
    struct fault *fault = argument;
    fault->verdict = mt_guard_fault(fault->at, fault->context);
}

/* By a system call that sandboxes allow (docs/SYSCALLS.md). */
static void wait_a_little(void) {
    static const uint32_t nobody_wakes;
    struct timespec time = {.tv_nsec = 200000};
    (void)mt_sys4(SYS_futex, &nobody_wakes, FUTEX_WAIT_PRIVATE, 0, &time);
}

/* A program's alternate stack may be a small one. Threads that fault at once take turns by
 * trying, not by waiting for ever; reports come one after the other anyway. */
static void judge_on_own_stack(struct fault *fault) {
    static char stack[16384] __attribute__((aligned(64)));
    unsigned tries = 0;
    while (!mt_alone_begin(MT_ALONE_FAULT)) {
        if (++tries == 10000) {
            judge(fault);
            return;
        }
        wait_a_little();
    }
    mt_on_stack(judge, fault, stack + sizeof stack);
    mt_alone_end(MT_ALONE_FAULT);
}

/* The program's handler of SIGABRT may need more than our stack has. */
static bool goes_on(struct fault *fault) {
    judge_on_own_stack(fault);
    if (fault->verdict == MT_FAULT_SAID || fault->verdict == MT_FAULT_LAST)
        mt_report_found_end();
    return fault->verdict == MT_FAULT_LET ||
           (fault->verdict == MT_FAULT_SAID && mt_guard_let(fault->at, true));
}

/* A signal that was sent, or a fault without an address, has another code. */
static void on_fault(int number, siginfo_t *info, void *context) {
    int kept = errno;
    struct fault fault = {.at = (uintptr_t)info->si_addr, .context = context};
    if (info->si_code != SEGV_ACCERR || !mt_guard_holds(info->si_addr) || !goes_on(&fault))
        pass_on(number, info, context);
    errno = kept;
}

/* On whichever stack the handler before us would have run. */
void mt_guard_start_signal(void) {
    struct sigaction action = {.sa_sigaction = on_fault,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK};
    int kept = errno;
    if (!mt_guard_bytes || sigaction(SIGSEGV, NULL, &previous) != 0)
        return;
    bool plain = !(previous.sa_flags & SA_SIGINFO);
    if (!plain || (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN))
        action.sa_flags = SA_SIGINFO | (previous.sa_flags & (SA_ONSTACK | SA_RESTART));
    (void)sigfillset(&action.sa_mask);
    (void)sigaction(SIGSEGV, &action, NULL);
    errno = kept;
}
