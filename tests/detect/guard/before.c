/*
 * Preloaded beside the library, takes SIGSEGV before it does, in the way that BEFORE says,
 * and tells how it was called.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *how;
static int calls;

static void say(const char *text) {
    if (write(1, text, strlen(text)) < 0)
        _exit(3);
}

static void tell(const siginfo_t *info, const void *context) {
    sigset_t mask;
    char line[128];
    sigprocmask(SIG_SETMASK, NULL, &mask);
    snprintf(line, sizeof line, "before: code %d at %lx, %s, blocked:%s%s%s\n",
             info ? info->si_code : 0, info ? (unsigned long)info->si_addr : 0,
             context ? "a context" : "no context",
             sigismember(&mask, SIGSEGV) ? " SEGV" : "",
             sigismember(&mask, SIGUSR1) ? " USR1" : "",
             sigismember(&mask, SIGUSR2) ? " USR2" : "");
    say(line);
    if (++calls == 3)
        _exit(7);
}

static void with_info(int number, siginfo_t *info, void *context) {
    (void)number;
    tell(info, context);
}
static void without(int number) {
    (void)number;
    tell(NULL, NULL);
}

static int is(const char *name) {
    return !strcmp(how, name);
}

__attribute__((constructor)) static void begin(void) {
    struct sigaction action = {.sa_handler = without}, old;
    how = getenv("BEFORE");
    if (!how || is("none"))
        return;
    if (is("info"))
        action.sa_flags = SA_SIGINFO;
    else if (is("nodefer"))
        action.sa_flags = SA_SIGINFO | SA_NODEFER;
    else if (is("once"))
        action.sa_flags = SA_SIGINFO | (int)SA_RESETHAND;
    if (action.sa_flags)
        action.sa_sigaction = with_info;
    if (is("ignore"))
        action.sa_handler = SIG_IGN;
    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, SIGUSR1);
    sigaction(SIGSEGV, NULL, &old);
    if (old.sa_handler != SIG_DFL)
        say("before: somebody came earlier\n");
    sigaction(SIGSEGV, &action, NULL);
}
