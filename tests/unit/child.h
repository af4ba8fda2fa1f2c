/* Tests that change a process for good (sealed options, limits, signals) run in a child;
 * there CHECK takes the place of cmocka's assertions, which would go on with the next test.
 */
#ifndef MT_TESTS_CHILD_H
#define MT_TESTS_CHILD_H

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(condition)                                                                   \
    do {                                                                                   \
        if (!(condition)) {                                                                \
            fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);      \
            _exit(1);                                                                      \
        }                                                                                  \
    } while (0)

/* A child's exit status for "cannot be tested here", after a message. */
#define CHILD_SKIPS 77

/* Runs `body` in a child; its exit status, or 128 and the signal that ended it. */
static inline int in_child(void (*body)(void)) {
    int status;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        body();
        fflush(NULL);
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return 255;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

#define RUN_IN_CHILD(body)                                                                 \
    do {                                                                                   \
        int child_status = in_child(body);                                                 \
        if (child_status == CHILD_SKIPS)                                                   \
            skip();                                                                        \
        assert_int_equal(child_status, 0);                                                 \
    } while (0)

#endif
