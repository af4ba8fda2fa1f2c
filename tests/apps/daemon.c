/* Becomes a daemon by the book: two forks, setsid, chdir to /, umask 0, every descriptor
 * closed, a file of its own opened as 0, 1 and 2; works, and says in the file what it saw.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
    char *file = argc > 1 ? realpath(argv[1], NULL) : NULL;
    int pipe_ends[2], status;
    if (!file || pipe(pipe_ends) != 0)
        return 1;
    pid_t pid = fork();
    if (pid == 0) {
        setsid();
        if (fork() != 0)
            exit(0);
        if (chdir("/") != 0)
            _exit(1);
        umask(0);
        /* The pipe's end stays: the parent sees by it when the daemon is gone. */
        for (int fd = 0; fd < 1024; fd++)
            if (fd != pipe_ends[1])
                close(fd);
        for (int fd = 0; fd < 3; fd++)
            if (open(file, O_WRONLY | O_APPEND) != fd)
                _exit(2);
        char *blocks[500];
        for (int i = 0; i < 500; i++)
            memset(blocks[i] = malloc((size_t)i * 10), 1, (size_t)i * 10);
        for (int i = 0; i < 500; i++)
            free(blocks[i]);
        printf("worked\n");
        fprintf(stderr, "to stderr\n");
        exit(0);
    }
    close(pipe_ends[1]);
    waitpid(pid, &status, 0);
    char byte;
    if (read(pipe_ends[0], &byte, 1) != 0)
        return 3;
    free(file);
    return status;
}
