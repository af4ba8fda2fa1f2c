/*
 * start ROUNDS COMMAND PRELOADED …: starts COMMAND with each of the libraries in turns,
 * every second round in the opposite order. Prints a line for each: microseconds from start
 * to end (median), then the median of what was added within a round to the first one, and
 * the interval that holds the true median with 95 %. "-" preloads nothing.
 */
#include <fcntl.h>
#include <math.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

enum { ROUNDS_MOST = 10000, KINDS_MOST = 8 };

static double microseconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

/* Without an environment but for what is preloaded. */
static double run(char *command, const char *preloaded) {
    static char setting[4200];
    char *arguments[] = {command, NULL}, *environment[] = {setting, NULL};
    snprintf(setting, sizeof setting, "LD_PRELOAD=%s", preloaded);
    if (strcmp(preloaded, "-") == 0)
        environment[0] = NULL;
    pid_t child;
    int status;
    double start = microseconds();
    if (posix_spawn(&child, command, NULL, NULL, arguments, environment) != 0 ||
        waitpid(child, &status, 0) != child || status != 0) {
        fprintf(stderr, "start: %s with %s failed\n", command, preloaded);
        exit(1);
    }
    return microseconds() - start;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    static double took[KINDS_MOST][ROUNDS_MOST], added[ROUNDS_MOST];
    int rounds = argc > 3 ? atoi(argv[1]) : 0, kinds = argc - 3;
    if (rounds < 10 || rounds > ROUNDS_MOST || kinds > KINDS_MOST)
        return 2;
    for (int round = 0; round < rounds; round++)
        for (int i = 0; i < kinds; i++) {
            int kind = round % 2 ? kinds - 1 - i : i;
            took[kind][round] = run(argv[2], argv[3 + kind]);
        }
    int drop = (int)((double)rounds / 2 - 0.98 * sqrt((double)rounds) - 1);
    if (drop < 0)
        drop = 0;
    for (int kind = 0; kind < kinds; kind++) {
        for (int round = 0; round < rounds; round++)
            added[round] = took[kind][round] - took[0][round];
        qsort(added, (size_t)rounds, sizeof *added, compare);
        if (kind > 0)
            qsort(took[kind], (size_t)rounds, sizeof *added, compare);
        printf("%.0f %.0f %.0f %.0f\n", kind ? took[kind][rounds / 2] : 0,
               added[rounds / 2], added[drop], added[rounds - 1 - drop]);
    }
    return 0;
}
