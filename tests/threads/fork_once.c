/* A parent and its child both end by exit: each leaves a summary of its own. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

__attribute__((noinline)) static void *before_fork(void) {
    return malloc(100);
}
__attribute__((noinline)) static void *in_parent(void) {
    return malloc(200);
}
__attribute__((noinline)) static void *in_child(void) {
    return malloc(300);
}

int main(void) {
    void *volatile kept[3] = {before_fork(), before_fork(), before_fork()};
    pid_t pid = fork();
    if (pid == 0) {
        void *volatile own = in_child();
        free(own);
        free(kept[0]);
        return 0;
    }
    void *volatile own = in_parent();
    free(own);
    int status = 1;
    waitpid(pid, &status, 0);
    printf("%d %d\n", (int)getpid(), (int)pid);
    return status;
}
