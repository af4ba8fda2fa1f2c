/*
 * Runs one command and prints what it cost:
 *
 *   measure [-i STDIN] [-o STDOUT] [-t SECONDS] [NAME=VALUE …] COMMAND [ARGUMENT …]
 *
 * prints "wall_s user_s system_s rss_kib status" on its own standard output. The NAMEs are
 * set for COMMAND only, so that LD_PRELOAD reaches nothing else; being small itself, it
 * adds nothing to the peak RSS, which execve hands on. CPU time and RSS include children
 * that COMMAND waited for (RSS: that of the largest process). Status is that of a shell,
 * 137 after the time limit.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile pid_t child;

static void on_alarm(int signal) {
    (void)signal;
    if (child > 0)
        kill(child, SIGKILL);
}

static double seconds(struct timeval t) {
    return (double)t.tv_sec + (double)t.tv_usec * 1e-6;
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void replace_fd(int fd, const char *path, int flags) {
    if (!path)
        return;
    int opened = open(path, flags, 0600);
    if (opened < 0 || dup2(opened, fd) < 0) {
        fprintf(stderr, "measure: %s: %s\n", path, strerror(errno));
        _exit(126);
    }
    close(opened);
}

static void run(char **words, const char *input, const char *output) {
    replace_fd(STDIN_FILENO, input, O_RDONLY);
    replace_fd(STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_TRUNC);
    while (*words && strchr(*words, '='))
        putenv(*words++);
    if (*words)
        execvp(*words, words);
    fprintf(stderr, "measure: %s: %s\n", *words ? *words : "command", strerror(errno));
    _exit(127);
}

int main(int argc, char **argv) {
    const char *input = "/dev/null", *output = NULL;
    unsigned limit = 120;
    for (int option; (option = getopt(argc, argv, "+i:o:t:")) != -1;) {
        if (option == 'i')
            input = optarg;
        else if (option == 'o')
            output = optarg;
        else if (option == 't')
            limit = (unsigned)strtoul(optarg, NULL, 10);
        else
            return 2;
    }
    signal(SIGALRM, on_alarm);
    double start = now();
    child = fork();
    if (child < 0)
        return 2;
    if (child == 0)
        run(argv + optind, input, output);
    alarm(limit);
    int status;
    struct rusage use;
    while (wait4(child, &status, 0, &use) < 0)
        if (errno != EINTR)
            return 2;
    double wall = now() - start;
    printf("%.4f %.4f %.4f %ld %d\n", wall, seconds(use.ru_utime), seconds(use.ru_stime),
           use.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    return 0;
}
