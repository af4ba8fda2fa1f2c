/* The exit statuses of `mtalloc`, declared once: code, help and manual page use this. */
#ifndef MT_CLI_EXIT_STATUS_H
#define MT_CLI_EXIT_STATUS_H

#define MT_EXIT_STATUSES(STATUS)                                                           \
    STATUS(OK, 0, "done; of run, the command's own status")                                \
    STATUS(FAILED, 1, "an output could not be written, or the system refused something")   \
    STATUS(USAGE, 2, "unknown command, option or value")                                   \
    STATUS(INPUT, 3, "the file is absent, unreadable, no summary, or of a newer version")  \
    STATUS(PARTIAL, 4,                                                                     \
           "truncated, damaged, or not all looked at; what there is was shown")            \
    STATUS(PROCESS, 5, "no such process, or nothing of the library was found in it")       \
    STATUS(DENIED, 6, "not permitted to read the process, or it does not answer")          \
    STATUS(LEAKS, 80, "run --fail-on leaks: blocks were never freed")                      \
    STATUS(ERRORS, 81, "run --fail-on errors, check-heap: heap errors were found")         \
    STATUS(LOST, 82, "run --fail-on lost: nothing led to some blocks any more")            \
    STATUS(RUN, 125,                                                                       \
           "run: not started, its summary lost, or nobody can tell what was lost")         \
    STATUS(NOT_EXECUTABLE, 126, "run: the command cannot be executed")                     \
    STATUS(NOT_FOUND, 127, "run: the command was not found")

enum mt_exit_status {
#define STATUS(id, number, text) MT_EXIT_STATUS_##id = number,
    MT_EXIT_STATUSES(STATUS)
#undef STATUS
};

#endif
